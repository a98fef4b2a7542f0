import type * as Monaco from "monaco-editor/editor/editor.api";
import { palettes } from "../terminal/palettes.ts";

type Ink = Exclude<keyof (typeof palettes)["dark"], "extendedAnsi">;

/** The names of the editor's colours, one for each of the page's. */
export const themeOf = (palette: "light" | "dark"): string => `drydock-${palette}`;

/** The editor wears the page's inks, and the terminal's colours for its words. */
export function defineThemes(monaco: typeof Monaco): void {
  for (const palette of ["light", "dark"] as const) {
    const inks = palettes[palette];
    const ink = (name: Ink): string => inks[name] ?? "";
    const isDark = palette === "dark";
    const soft = isDark ? "#93a6aa" : "#4b5d63";
    const line = isDark ? "#25333a" : "#cfd6d1";
    const raised = isDark ? "#1a262b" : "#ffffff";
    const rule = (token: string, color: string, fontStyle = ""): Monaco.editor.ITokenThemeRule => ({
      token,
      foreground: color.replace("#", ""),
      ...(fontStyle && { fontStyle }),
    });
    monaco.editor.defineTheme(themeOf(palette), {
      base: isDark ? "vs-dark" : "vs",
      inherit: true,
      rules: [
        rule("", ink("foreground")),
        rule("comment", isDark ? "#7d9195" : "#5b6c71", "italic"),
        rule("keyword", isDark ? "#ea8a6c" : "#a53a22"),
        rule("variable", ink("magenta")),
        rule("string", ink("green")),
        rule("number", ink("blue")),
        rule("type", ink("cyan")),
        rule("tag", ink("cyan")),
        rule("key", ink("cyan")),
        rule("attribute.name", ink("yellow")),
        rule("metatag", ink("yellow")),
        rule("delimiter", soft),
        rule("operator", soft),
      ],
      colors: {
        "editor.background": ink("background"),
        "editor.foreground": ink("foreground"),
        "editorCursor.foreground": ink("cursor"),
        "editor.selectionBackground": ink("selectionBackground"),
        "editor.inactiveSelectionBackground": ink("selectionInactiveBackground"),
        "editor.lineHighlightBackground": isDark ? "#ffffff08" : "#0000000a",
        "editor.lineHighlightBorder": "#00000000",
        "editorLineNumber.foreground": isDark ? "#71868b" : "#6a7a7e",
        "editorLineNumber.activeForeground": ink("foreground"),
        "editorIndentGuide.background1": line,
        "editorWidget.background": raised,
        "editorWidget.border": line,
        "editorSuggestWidget.background": raised,
        "editorHoverWidget.background": raised,
        "editorHoverWidget.border": line,
        "editorSuggestWidget.selectedBackground": ink("selectionBackground"),
        "editorSuggestWidget.selectedForeground": ink("foreground"),
        "input.background": ink("background"),
        "input.border": line,
        focusBorder: isDark ? "#7cc4ff" : "#0f6bb0",
        "scrollbar.shadow": "#00000000",
        "scrollbarSlider.background": ink("scrollbarSliderBackground"),
        "scrollbarSlider.hoverBackground": ink("scrollbarSliderHoverBackground"),
        "scrollbarSlider.activeBackground": ink("scrollbarSliderActiveBackground"),
        "editorError.foreground": ink("red"),
        "editorWarning.foreground": ink("yellow"),
        "editorInfo.foreground": ink("blue"),
      },
    });
  }
}
