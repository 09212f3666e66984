/** Styles are files of their own; Vite gathers them. */
declare module "*.css" {}
