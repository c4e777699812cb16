/** Everything `npm start` shows, in order. */
import type { Scene } from "./scene.ts";
import { TELEGRAM_SCENES } from "./scenes-telegram.ts";
import { WHATSAPP_SCENES } from "./scenes-whatsapp.ts";

export const SCENES: readonly Scene[] = [...TELEGRAM_SCENES, ...WHATSAPP_SCENES];
