/** The lessons of this page: their texts are chunks of their own, fetched when the pane is opened. */
import type { Lesson, LessonLanguage } from "./lesson.ts";
import { parseLesson } from "./parse-lesson.ts";

const TEXTS = import.meta.glob<string>("../../lessons/*/lesson*.md", { query: "?raw", import: "default" });
const FILES = import.meta.glob<string>("../../lessons/*/files/**", { query: "?raw", import: "default" });

/** All lessons in their order. */
export async function loadLessons(language: LessonLanguage): Promise<readonly Lesson[]> {
  const name = language === "en" ? "lesson.md" : `lesson.${language}.md`;
  const found = Object.entries(TEXTS).flatMap(([path, load]) => {
    const [, slug, file] = /lessons\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    return slug !== undefined && file === name ? [{ slug, load }] : [];
  });
  const lessons = await Promise.all(found.map(async ({ slug, load }) => parseLesson(slug, await load())));
  return lessons.toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
}

/** What a lesson brings into the workspace: path and content. */
export async function loadLessonFiles(slug: string): Promise<readonly (readonly [path: string, text: string])[]> {
  const prefix = `/lessons/${slug}/files/`;
  const found = Object.entries(FILES).filter(([path]) => path.includes(prefix));
  return await Promise.all(
    found.map(async ([path, load]) => [path.slice(path.indexOf(prefix) + prefix.length), await load()] as const),
  );
}
