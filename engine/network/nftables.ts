import type { Op } from "../guest/ops.ts";
import { NETLINK_NETFILTER, NetlinkWriter, NLM_F } from "./netlink.ts";

/**
 * nf_tables over nfnetlink (linux/netfilter/nfnetlink.h, nf_tables.h): a batch between BEGIN and END happens as a whole or not at
 * all. Each message has `struct nfgenmsg { u8 family; u8 version; be16 resource; }`; numbers in attributes are in network order.
 */
const SUBSYSTEM = 10;
const MESSAGE = { NEWTABLE: 0, NEWCHAIN: 3, DELCHAIN: 5, NEWRULE: 6, DELRULE: 8 } as const;
const BATCH = { BEGIN: 0x10, END: 0x11 } as const;
const TABLE_NAME = 1;
const CHAIN = { TABLE: 1, NAME: 3, HOOK: 4, POLICY: 5, TYPE: 7 } as const;
const HOOK = { NUMBER: 1, PRIORITY: 2 } as const;
const RULE = { TABLE: 1, CHAIN: 2, EXPRESSIONS: 4 } as const;
const LIST_ELEMENT = 1;
const EXPRESSION = { NAME: 1, DATA: 2 } as const;
const NFPROTO = { 4: 2, 6: 10 } as const;
const NF_ACCEPT = 1;

/** Netfilter's hooks for IP, by nft's names. */
const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** One expression of a rule: its name and a writer of its attributes. See `nft-expressions.ts`. */
export interface Expression {
  readonly name: string;
  write(out: NetlinkWriter): void;
}

export interface BaseChain {
  readonly type: "nat" | "filter";
  readonly hook: keyof typeof HOOKS;
  readonly priority: number;
}

/** A transaction on one table of family `ip` or `ip6`. */
export class NftBatch {
  readonly #out = new NetlinkWriter();
  readonly #table: string;
  readonly #family: 4 | 6;

  constructor(table: string, family: 4 | 6 = 4) {
    this.#table = table;
    this.#family = family;
    this.#batch(BATCH.BEGIN);
  }

  addTable(): this {
    return this.#message(MESSAGE.NEWTABLE, NLM_F.CREATE, () => this.#out.stringAttribute(TABLE_NAME, this.#table));
  }

  addChain(name: string, base?: BaseChain): this {
    return this.#message(MESSAGE.NEWCHAIN, NLM_F.CREATE, () => {
      this.#out.stringAttribute(CHAIN.TABLE, this.#table).stringAttribute(CHAIN.NAME, name);
      if (base === undefined) return;
      this.#out.nested(CHAIN.HOOK, () =>
        this.#out.be32Attribute(HOOK.NUMBER, HOOKS[base.hook]).be32Attribute(HOOK.PRIORITY, base.priority),
      );
      this.#out.be32Attribute(CHAIN.POLICY, NF_ACCEPT).stringAttribute(CHAIN.TYPE, base.type);
    });
  }

  /** Takes all rules out of a chain. */
  flushChain(chain: string): this {
    return this.#message(MESSAGE.DELRULE, 0, () =>
      this.#out.stringAttribute(RULE.TABLE, this.#table).stringAttribute(RULE.CHAIN, chain),
    );
  }

  addRule(chain: string, expressions: readonly Expression[]): this {
    return this.#message(MESSAGE.NEWRULE, NLM_F.CREATE | NLM_F.APPEND, () => {
      this.#out.stringAttribute(RULE.TABLE, this.#table).stringAttribute(RULE.CHAIN, chain);
      this.#out.nested(RULE.EXPRESSIONS, () => {
        for (const expression of expressions) {
          this.#out.nested(LIST_ELEMENT, () => {
            this.#out.stringAttribute(EXPRESSION.NAME, expression.name);
            this.#out.nested(EXPRESSION.DATA, () => expression.write(this.#out));
          });
        }
      });
    });
  }

  toOp(netns?: Extract<Op, { op: "netlink" }>["netns"]): Op {
    this.#batch(BATCH.END);
    const op = { op: "netlink", protocol: NETLINK_NETFILTER, messages: this.#out.finish().messages } as const;
    return netns === undefined ? op : { ...op, netns };
  }

  #message(type: number, flags: number, body: () => void): this {
    this.#out.message((SUBSYSTEM << 8) | type, flags, () => {
      this.#out.u8(NFPROTO[this.#family]).u8(0).be16(0);
      body();
    });
    return this;
  }

  #batch(type: number): void {
    this.#out.message(type, 0, () => this.#out.u8(0).u8(0).be16(SUBSYSTEM));
  }
}
