/** Monaco's worker, with no language in it. */
import "monaco-editor/editor/editor.worker";
