// Authorization without a person: what the JavaScript clients have in common around each SDK's own OAuth.
//
// What kind it is shows in the scenario's context: a private key or the name of the grant for client credentials, an
// identity token where an enterprise manages authorization, credentials that were registered before; else an authorization code.

import { randomUUID } from 'node:crypto';
import { context } from './walk.mjs';

const METADATA_URL = 'https://conformance-test.local/client-metadata.json';
const CALLBACK = 'http://localhost:3000/callback';

/** Of the grants that need no user. */
export function machine() {
  const { client_id: clientId, client_secret: clientSecret } = context;
  const grant = process.env.MCP_CONFORMANCE_SCENARIO?.includes('client-credentials');
  if (context.private_key_pem) {
    return { kind: 'jwt', clientId, privateKey: context.private_key_pem, algorithm: context.signing_algorithm ?? 'ES256' };
  }
  if (context.idp_id_token) return { kind: 'enterprise', clientId, clientSecret };
  return grant && clientSecret ? { kind: 'secret', clientId, clientSecret } : undefined;
}

/** The extension that a grant without a user is of. */
export function extensions() {
  const names = { jwt: 'oauth-client-credentials', secret: 'oauth-client-credentials', enterprise: 'enterprise-managed-authorization' };
  const name = names[machine()?.kind];
  return name && { [`io.modelcontextprotocol/${name}`]: {} };
}

/** Keeps everything as long as the process lives; the user agrees at once. */
export class Headless {
  redirectUrl = CALLBACK;
  clientMetadataUrl = METADATA_URL;
  clientMetadata = {
    client_name: 'fixture',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'native',
  };
  #registered = context.client_secret && { client_id: context.client_id, client_secret: context.client_secret };
  #tokens;
  #verifier;
  #state;
  /** The parameters of the redirect that came back. */
  answer;

  state() {
    this.#state = randomUUID();
    return this.#state;
  }

  clientInformation() {
    return this.#registered;
  }

  saveClientInformation(information) {
    this.#registered = information;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'client') this.#registered = undefined;
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined;
  }

  /** The authorization endpoint answers with the redirect that comes back to the client. */
  async redirectToAuthorization(url) {
    const response = await fetch(url, { redirect: 'manual' });
    this.answer = new URL(response.headers.get('location') ?? CALLBACK).searchParams;
    if (this.answer.get('state') !== this.#state) throw new Error('the answer has another state');
  }
}

/** Does it; when it turns out that the user has to agree first, once more after that. `finish` gets the answer's parameters. */
export async function authorized(provider, finish, action) {
  try {
    return await action();
  } catch (error) {
    const answer = provider.answer;
    if (error.constructor.name !== 'UnauthorizedError' || !answer) throw error;
    provider.answer = undefined;
    await finish(answer);
    return await action();
  }
}
