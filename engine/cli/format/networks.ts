import { joinLabels } from "./labels.ts";
import type { Listing } from "./table.ts";
import { goTime, shortId } from "./text.ts";

/** What of a network of `GET /networks` is shown. */
export interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Scope: string;
  /** RFC 3339. */
  readonly Created: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly Internal: boolean;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** `docker network ls` */
export function networkListing(truncate: boolean): Listing<Network> {
  return {
    table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    raw: {
      source: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
      quiet: "network_id: {{.ID}}",
    },
    headers: {
      ID: "NETWORK ID",
      Name: "NAME",
      Driver: "DRIVER",
      Scope: "SCOPE",
      IPv4: "IPV4",
      IPv6: "IPV6",
      Internal: "INTERNAL",
      Labels: "LABELS",
      CreatedAt: "CREATED AT",
    },
    typeName: "*network.networkContext",
    fields: {
      ID: ({ Id }) => (truncate ? shortId(Id) : Id),
      Name: ({ Name }) => Name,
      Driver: ({ Driver }) => Driver,
      Scope: ({ Scope }) => Scope,
      IPv4: ({ EnableIPv4 }) => String(EnableIPv4 ?? false),
      IPv6: ({ EnableIPv6 }) => String(EnableIPv6),
      Internal: ({ Internal }) => String(Internal),
      Labels: ({ Labels }) => joinLabels(Labels),
      CreatedAt: ({ Created }) => goTime(Created),
    },
    methods: { Label: ({ Labels }, name) => Labels?.[name] ?? "" },
  };
}
