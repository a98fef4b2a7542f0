import type { ContainerModel } from "./model.ts";

export interface NetworkModel {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly createdAt: string;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
}

/** `GET /networks/{id}`, in Docker's order of fields; the list leaves the members out. */
export function toWireNetwork(network: NetworkModel, members: readonly ContainerModel[]): Record<string, unknown> {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: "local",
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: {
      Driver: "default",
      Options: null,
      Config: network.subnets.map(({ subnet, gateway }) => ({ Subnet: subnet, Gateway: gateway })),
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(members.flatMap((container) => memberOf(network, container))),
    Options: {},
    Labels: {},
  };
}

function memberOf(network: NetworkModel, container: ContainerModel): readonly (readonly [string, unknown])[] {
  const endpoint = container.endpoints[network.name];
  if (endpoint === undefined) return [];
  const member = {
    Name: container.name,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.macAddress,
    IPv4Address: endpoint.ipAddress === "" ? "" : `${endpoint.ipAddress}/${endpoint.prefixLength}`,
    IPv6Address: "",
  };
  return [[container.id, member]];
}
