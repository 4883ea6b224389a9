// An OpenID Connect provider on the package's public interface: dynamic registration, resource indicators with JWT access
// tokens, client credentials and DPoP. Its pages for signing in are the package's own for development.
//
//   node server.mjs PORT

import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  scopes: ["openid", "offline_access", "mcp:use"],
  clientDefaults: { token_endpoint_auth_method: "none" },
  cookies: { keys: ["only for tests"] },
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => "https://resource.example/mcp",
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        audience: resource,
        scope: "mcp:use",
        accessTokenFormat: "jwt",
      }),
    },
  },
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
});

provider.listen(port, "127.0.0.1");
