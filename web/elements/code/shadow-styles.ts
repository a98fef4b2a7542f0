let sheet: CSSStyleSheet | undefined;

/**
 * Monaco's styles come into the page's head, where an editor inside a shadow root does not see them: they are given to it once more, as one sheet
 * that all editors share. (Fonts count only in the page's head, and stay there; themes Monaco brings into shadow roots itself.)
 */
export function adoptMonacoStyles(root: ShadowRoot): void {
  sheet ??= monacoSheet();
  root.adoptedStyleSheets = [sheet, ...root.adoptedStyleSheets];
}

function monacoSheet(): CSSStyleSheet {
  const texts = [...document.styleSheets].flatMap((each) => {
    const text = rulesOf(each);
    return /\.monaco-|\.codicon/.test(text) ? [text] : [];
  });
  const made = new CSSStyleSheet();
  made.replaceSync(texts.join("\n"));
  return made;
}

function rulesOf(each: CSSStyleSheet): string {
  try {
    return [...each.cssRules].map((rule) => rule.cssText).join("\n");
  } catch {
    // Of another origin.
    return "";
  }
}
