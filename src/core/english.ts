/** Imported for its effect by whatever shows people what a schema refused: "zod/mini" says only "Invalid input" until it is given a language. */
import { en } from "zod/locales";
import * as z from "zod/mini";

z.config(en());
