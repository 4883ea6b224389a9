package client

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/auth/extauth"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

const (
	metadataURL = "https://conformance-test.local/client-metadata.json"
	callback    = "http://localhost:3000/callback"
)

// credentials are those of a scenario's context.
type credentials struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Issuer       string `json:"issuer"` // whose credentials these are, where that is said
	IDPClientID  string `json:"idp_client_id"`
	IDPIssuer    string `json:"idp_issuer"`
	IDToken      string `json:"idp_id_token"`
}

func (c credentials) registered() *oauthex.ClientCredentials {
	if c.ClientSecret == "" {
		return nil
	}
	secret := &oauthex.ClientSecretAuth{ClientSecret: c.ClientSecret}
	return &oauthex.ClientCredentials{ClientID: c.ClientID, ClientSecretAuth: secret, Issuer: c.Issuer}
}

// machine is whether the client acts for itself, which shows in the name of the scenario.
func (c credentials) machine() bool {
	return c.ClientSecret != "" && strings.Contains(os.Getenv("MCP_CONFORMANCE_SCENARIO"), "client-credentials")
}

// extensions are those that the authorization makes use of.
func (c credentials) extensions() map[string]any {
	switch {
	case c.IDToken != "":
		return map[string]any{"io.modelcontextprotocol/enterprise-managed-authorization": object{}}
	case c.machine():
		return map[string]any{"io.modelcontextprotocol/oauth-client-credentials": object{}}
	}
	return nil
}

// agree is a user who agrees at once: the authorization endpoint answers with the redirect that comes back to the client.
func agree(ctx context.Context, wanted *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, wanted.URL, nil)
	if err != nil {
		return nil, err
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := stay.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	location, err := url.Parse(response.Header.Get("Location"))
	if err != nil {
		return nil, err
	}
	answer := location.Query()
	return &auth.AuthorizationResult{Code: answer.Get("code"), State: answer.Get("state"), Iss: answer.Get("iss")}, nil
}

// enterprise lets the user's identity provider decide. Whom the MCP server trusts is in its metadata.
func enterprise(ctx context.Context, server string, known credentials) (auth.OAuthHandler, error) {
	place, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	path := place.Path
	place.Path = "/.well-known/oauth-protected-resource" + path
	resource, err := oauthex.GetProtectedResourceMetadata(ctx, place.String(), server, http.DefaultClient)
	if err != nil {
		return nil, err
	}
	return extauth.NewEnterpriseHandler(&extauth.EnterpriseHandlerConfig{
		IdPIssuerURL:     known.IDPIssuer,
		IdPCredentials:   &oauthex.ClientCredentials{ClientID: known.IDPClientID},
		MCPAuthServerURL: cmp.Or(append(resource.AuthorizationServers, "")[0], server),
		MCPResourceURI:   resource.Resource,
		MCPCredentials:   known.registered(),
		IDTokenFetcher: func(context.Context) (*oauth2.Token, error) {
			return (&oauth2.Token{}).WithExtra(map[string]any{"id_token": known.IDToken}), nil
		},
	})
}

// authorization is what the scenario's context calls for: client credentials by the name of the grant, an identity token where
// an enterprise manages authorization, credentials that were registered before; else any authorization code.
func authorization(ctx context.Context, server string, known credentials) (auth.OAuthHandler, error) {
	if known.IDToken != "" {
		return enterprise(ctx, server, known)
	}
	if known.machine() {
		return extauth.NewClientCredentialsHandler(&extauth.ClientCredentialsHandlerConfig{Credentials: known.registered()})
	}
	return auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		ClientIDMetadataDocumentConfig: &auth.ClientIDMetadataDocumentConfig{URL: metadataURL},
		PreregisteredClient:            known.registered(),
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName:      "fixture",
			RedirectURIs:    []string{callback},
			GrantTypes:      []string{"authorization_code", "refresh_token"},
			ApplicationType: "native",
		}},
		RedirectURL:              callback,
		AuthorizationCodeFetcher: agree,
		RequestRefreshToken:      true,
	})
}
