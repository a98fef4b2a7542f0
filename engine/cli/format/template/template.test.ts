import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TemplateError } from "./lexer.ts";
import { compileTemplate } from "./template.ts";

const DATA = {
  Name: "/web",
  Count: 3,
  Big: 1_795_227_017_778_583_149n,
  Ratio: 1.5,
  On: true,
  Off: false,
  Nothing: null,
  List: ["a", "b", "c"],
  Empty: [],
  Labels: new Map([
    ["b", "2"],
    ["a", "1"],
  ]),
  State: { Status: "running", Pid: 7 },
  Label: (name: string) => `label ${name}`,
  Method: () => "called",
};

const fill = (source: string): string => compileTemplate(source).execute(DATA);

describe("a template", () => {
  it.each([
    ["plain text", "plain text"],
    ["{{.Name}}", "/web"],
    ["a {{- .Count -}} b", "a3b"],
    ["{{/* nothing */}}x{{- /* nothing */ -}} y", "xy"],
    ["{{.State.Status}} {{.State}}", "running {running 7}"],
    [
      "{{.List}} {{.Labels}} {{.Empty}} {{.Nothing}} {{.On}} {{.Ratio}} {{.Big}}",
      "[a b c] map[a:1 b:2] [] <nil> true 1.5 1795227017778583149",
    ],
    ["{{.Labels.a}} {{.Labels.nope}}", "1 <no value>"],
    ['{{.Method}} {{.Label "x"}} {{.Label (upper "y")}}', "called label x label Y"],
    ["{{if .On}}yes{{else}}no{{end}}{{if .Off}}yes{{else}}no{{end}}", "yesno"],
    ["{{if .Off}}a{{else if eq .Count 3}}b{{else}}c{{end}}", "b"],
    ["{{if and .On .Empty}}a{{end}}{{if or .Off .Count}}b{{end}}{{if not .Off}}c{{end}}", "bc"],
    ["{{with .State}}{{.Pid}}{{end}}{{with .Empty}}x{{else}}none{{end}}", "7none"],
    ["{{range .List}}<{{.}}>{{end}}{{range .Empty}}x{{else}}none{{end}}", "<a><b><c>none"],
    ["{{range $i, $v := .List}}{{$i}}{{$v}}{{end}} {{range $k, $v := .Labels}}{{$k}}{{$v}}{{end}}", "0a1b2c a1b2"],
    ['{{range .List}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{if eq . "c"}}{{break}}{{end}}{{end}}', "ac"],
    ["{{range 3}}{{.}}{{end}}", "012"],
    ["{{$x := .Count}}{{$x}}{{$x = 4}}{{$x}} {{$.Name}}", "34 /web"],
    ["{{range .List}}{{$.Count}}{{end}}", "333"],
    ['{{.Name | upper | printf "%q"}}', '"/WEB"'],
    [
      '{{printf "%s|%5d|%-5s|%05d|%.2f|%x|%v|%t|%%|%T" .Name .Count "a" .Count .Ratio "hi" .List .On .Name}}',
      "/web|    3|a    |00003|1.50|6869|[a b c]|true|%|string",
    ],
    ['{{printf "%d" .Name}} {{printf "%s"}} {{printf "x" 1}}', "%!d(string=/web) %!s(MISSING) x%!(EXTRA int=1)"],
    ['{{index .List 1}}{{index .Labels "a"}}{{index .Labels "zz"}}{{(index .List 0) | upper}}', "b1A"],
    ["{{len .List}}{{len .Name}}{{len .Labels}}", "342"],
    ["{{slice .Name 1 3}} {{slice .List 1}}", "we [b c]"],
    [
      '{{eq .Count 1 2 3}} {{ne .Name "x"}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 1 2}}',
      "true true true true false false",
    ],
    ['{{print 1 2 "a" "b" 3}} {{println .Name}}', "1 2a b3 /web\n".replace("a b3", "ab3")],
    [
      '{{json .State}} {{json .Labels}} {{json .List}} {{json "<"}}',
      '{"Status":"running","Pid":7} {"a":"1","b":"2"} ["a","b","c"] "\\u003c"',
    ],
    [
      '{{join .List "-"}} {{split "a,b" ","}} {{title "go on"}} {{lower "A"}} {{pad "x" 1 2}}| {{truncate "abcdef" 3}}',
      "a-b-c [a b] Go On a  x  | abc",
    ],
    ['{{html "<a>"}} {{urlquery "a b&c"}}', "&lt;a&gt; a+b%26c"],
    ['{{`raw "text"`}} {{"tab\\there"}} {{\'a\'}} {{0x10}} {{-3}} {{true}}', 'raw "text" tab\there 97 16 -3 true'],
    ['{{"{{"}} }}', "{{ }}"],
  ])("%s gives %s", (source, text) => {
    expect(fill(source)).toBe(text);
  });

  it.each([
    ["{{.Foo}}", 'template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"'],
    ["x\n {{.State.Foo}}", 'template: :2:9: executing "" at <.State.Foo>: map has no entry for key "Foo"'],
    ["{{.Name.Foo}}", 'template: :1:7: executing "" at <.Name.Foo>: can\'t evaluate field Foo in type interface {}'],
    ["{{.Nothing.Foo}}", 'template: :1:10: executing "" at <.Nothing.Foo>: nil pointer evaluating interface {}.Foo'],
    [
      "{{index .List 9}}",
      'template: :1:2: executing "" at <index .List 9>: error calling index: index out of range: 9',
    ],
    [
      "{{index .Nothing 0}}",
      'template: :1:2: executing "" at <index .Nothing 0>: error calling index: index of untyped nil',
    ],
    ["{{len .Count}}", 'template: :1:2: executing "" at <len .Count>: error calling len: len of type int'],
    ["{{range .Name}}{{end}}", 'template: :1:8: executing "" at <.Name>: range can\'t iterate over /web'],
    ["{{.Name 1}}", 'template: :1:2: executing "" at <.Name>: Name has arguments but cannot be invoked as function'],
    ["{{foo}}", 'template: :1: function "foo" not defined'],
    ["{{.Foo", "template: :1: unclosed action"],
    ["a\n{{", "template: :2: unclosed action"],
    ["{{}}", "template: :1: missing value for command"],
    ["{{if .On}}", "template: :1: unexpected EOF"],
    ["{{end}}", "template: :1: unexpected {{end}}"],
    ["{{else}}", "template: :1: unexpected {{else}}"],
    ["{{$x}}", 'template: :1: undefined variable "$x"'],
    ["{{break}}", "template: :1: {{break}} outside {{range}}"],
    ['{{"abc}}', "template: :1: unterminated quoted string"],
    ["{{#}}", "template: :1: unexpected bad character U+0023 '#' in command"],
    ['{{template "x"}}', "template: :1: {{template}} is not supported here"],
  ])("%s fails with %s", (source, message) => {
    expect(() => fill(source)).toThrow(new TemplateError(message));
  });

  it("either works or says what is wrong, whatever is written", () => {
    const piece = fc.constantFrom(
      "{{",
      "}}",
      ".Name",
      ".List",
      " ",
      "if",
      "range",
      "end",
      "else",
      "|",
      "(",
      ")",
      "$x",
      ":=",
      '"a"',
      "index",
      "len",
      "1",
      ",",
      "-",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          expect(typeof fill(pieces.join(""))).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
