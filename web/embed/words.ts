import type { Language } from "./playground-document.ts";

/** What a reader sees before the page is there. Apart from `web/strings.ts`: nothing else of that is needed then. */
export interface EmbedWords {
  readonly untitled: string;
  readonly start: string;
  readonly startTitled: (title: string) => string;
  readonly runs: string;
  readonly types: string;
  readonly loads: (address: string) => string;
  readonly cost: string;
  readonly loading: string;
  readonly retry: string;
  readonly failed: (reason: string) => string;
  readonly frame: (title: string) => string;
}

const WORDS: Readonly<Record<Language, EmbedWords>> = {
  en: {
    untitled: "Docker playground",
    start: "Start",
    startTitled: (title) => `Start: ${title}`,
    runs: "Runs in the playground’s terminal:",
    types: "Types into the playground’s terminal; Enter is yours:",
    loads: (address) => `Loads ${address}`,
    cost: "A real Linux machine with Docker starts in this tab (about 15 MB the first time). Nothing is installed.",
    loading: "Loading the playground…",
    retry: "Try again",
    failed: (reason) => `The playground did not open: ${reason}`,
    frame: (title) => `Playground: ${title}`,
  },
  ko: {
    untitled: "도커 실습장",
    start: "시작",
    startTitled: (title) => `시작: ${title}`,
    runs: "실습장 터미널에서 바로 실행합니다:",
    types: "실습장 터미널에 입력해 둡니다. Enter는 직접 누르세요:",
    loads: (address) => `${address} 문서를 불러옵니다`,
    cost: "이 탭에서 도커가 든 진짜 리눅스가 켜집니다(처음에는 약 15 MB를 받습니다). 아무것도 설치되지 않습니다.",
    loading: "실습장을 불러오는 중…",
    retry: "다시 시도",
    failed: (reason) => `실습장을 열지 못했습니다: ${reason}`,
    frame: (title) => `실습장: ${title}`,
  },
};

/** The words of a language tag such as `ko-KR`; English where there are none. */
export function wordsFor(language: string | undefined): EmbedWords {
  return language?.toLowerCase().split("-")[0] === "ko" ? WORDS.ko : WORDS.en;
}
