/** No instance speaks the Cloud API: the edge does all the sending itself. */
export const egress = undefined;
