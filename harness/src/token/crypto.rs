//! Signatures for `jsonwebtoken`, by the cryptography library that TLS uses already: ES256 to sign, and all that ring
//! knows to verify.

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ED25519, EcdsaKeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Es256Signer::new(*algorithm, key)?)),
    verifier_factory: |algorithm, key| Ok(Box::new(PublicKey::new(*algorithm, key)?)),
    // Only for key types that we never derive from private keys; JWKs are built from the public point.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Make the provider known to `jsonwebtoken`; has to come before its first use.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    // Fails only where another provider is installed already, which then serves as well.
    ONCE.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}

struct Es256Signer(EcdsaKeyPair);

impl Es256Signer {
    fn new(algorithm: Algorithm, key: &EncodingKey) -> Result<Self> {
        if algorithm != Algorithm::ES256 || key.family() != AlgorithmFamily::Ec {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_bytes(), &SystemRandom::new());
        Ok(Self(pair.map_err(|_| ErrorKind::InvalidEcdsaKey)?))
    }
}

impl Signer<Vec<u8>> for Es256Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let signed = self.0.sign(&SystemRandom::new(), message).map_err(|_| Error::new())?;
        Ok(signed.as_ref().to_vec())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

/// How ring verifies an algorithm.
enum Method {
    /// By a curve point.
    Point(&'static dyn VerificationAlgorithm),
    /// By modulus and exponent.
    Rsa(&'static RsaParameters),
}

fn method(algorithm: Algorithm) -> Result<Method> {
    Ok(match algorithm {
        Algorithm::ES256 => Method::Point(&ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Method::Point(&ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Method::Point(&ED25519),
        Algorithm::RS256 => Method::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Method::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Method::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Method::Rsa(&RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Method::Rsa(&RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Method::Rsa(&RSA_PSS_2048_8192_SHA512),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    })
}

/// A public key with the algorithm that it is used for.
struct PublicKey {
    algorithm: Algorithm,
    method: Method,
    key: DecodingKey,
}

impl PublicKey {
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<Self> {
        if algorithm.family() != key.family() {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(Self { algorithm, method: method(algorithm)?, key: key.clone() })
    }
}

impl Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match (&self.method, self.key.kind()) {
            (Method::Point(algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(*algorithm, point).verify(message, signature)
            }
            (Method::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            _ => return Err(Error::new()),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
