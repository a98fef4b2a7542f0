import type { Claim, ContainerSubject } from "./claim.ts";
import type { LessonLanguage } from "./lesson.ts";

/** A claim for a person: what has to become true. */
export function describeClaim(claim: Claim, language: LessonLanguage): string {
  return language === "ko" ? korean(claim) : english(claim);
}

function english(claim: Claim): string {
  switch (claim.about) {
    case "no-containers":
      return "no container is left (docker ps -a lists none)";
    case "image":
      return claim.is === "there" ? `there is an image ${claim.image}` : `the image ${claim.image} is gone`;
    case "layers":
      return `the image ${claim.image} has ${claim.atLeast ? "at least " : ""}${claim.count} layers`;
    case "command":
      return `the image ${claim.image} runs “${claim.text}”`;
    case "label":
      return `the image ${claim.image} has the label ${claim.key}=${claim.value}`;
    case "container": {
      const who = subject(claim.subject, { name: "the container", image: "a container of" });
      if (claim.is === "there") return `there is ${who}`;
      return claim.is === "gone" ? `${who} is gone` : `${who} is ${claim.is}`;
    }
    case "exit":
      return `${subject(claim.subject, { name: "the container", image: "a container of" })} has ended with exit code ${claim.code}`;
    case "container-file":
      return `the container ${claim.name} ${claim.is === "there" ? "has" : "does not have"} a file ${claim.path}`;
    case "logs":
      return `the log of ${claim.name} says “${claim.text}”`;
    case "port":
      return `the container ${claim.name} publishes port ${claim.port}`;
    case "file":
      return claim.text === undefined
        ? `there is a file ${claim.path} in the workspace`
        : `the file ${claim.path} contains “${claim.text}”`;
    case "answer":
      return `port ${claim.port} answers with “${claim.text}”`;
  }
}

function korean(claim: Claim): string {
  switch (claim.about) {
    case "no-containers":
      return "남은 컨테이너가 없습니다 (docker ps -a가 비어 있습니다)";
    case "image":
      return claim.is === "there" ? `이미지 ${claim.image}이(가) 있습니다` : `이미지 ${claim.image}이(가) 없습니다`;
    case "layers":
      return `이미지 ${claim.image}의 레이어가 ${claim.count}개${claim.atLeast ? " 이상" : ""}입니다`;
    case "command":
      return `이미지 ${claim.image}이(가) “${claim.text}”을(를) 실행합니다`;
    case "label":
      return `이미지 ${claim.image}에 레이블 ${claim.key}=${claim.value}이(가) 있습니다`;
    case "container": {
      const who = subject(claim.subject, { name: "컨테이너", image: "컨테이너, 이미지" });
      if (claim.is === "there") return `${who}이(가) 있습니다`;
      return claim.is === "gone" ? `${who}이(가) 없습니다` : `${who}의 상태가 ${claim.is}입니다`;
    }
    case "exit":
      return `${subject(claim.subject, { name: "컨테이너", image: "컨테이너, 이미지" })}이(가) 종료 코드 ${claim.code}(으)로 끝났습니다`;
    case "container-file":
      return `컨테이너 ${claim.name}에 파일 ${claim.path}이(가) ${claim.is === "there" ? "있습니다" : "없습니다"}`;
    case "logs":
      return `${claim.name}의 로그에 “${claim.text}”이(가) 있습니다`;
    case "port":
      return `컨테이너 ${claim.name}이(가) ${claim.port}번 포트를 엽니다`;
    case "file":
      return claim.text === undefined
        ? `작업 디렉터리에 파일 ${claim.path}이(가) 있습니다`
        : `파일 ${claim.path}에 “${claim.text}”이(가) 들어 있습니다`;
    case "answer":
      return `${claim.port}번 포트가 “${claim.text}”(으)로 답합니다`;
  }
}

function subject(who: ContainerSubject, words: { readonly name: string; readonly image: string }): string {
  return "name" in who ? `${words.name} ${who.name}` : `${words.image} ${who.image}`;
}
