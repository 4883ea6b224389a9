//! Mappings from abstract needs to what a server offers: the everything-server contract, and a user's `assay.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::DeploymentSettings;

/// Largest mapping file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
const EMBEDDED: &str = include_str!("../../../scenarios/contract.yaml");

/// Why a mapping could not be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the mapping {file}: {problem}")]
pub struct ContractError {
    file: String,
    problem: String,
}

/// A tool, prompt or resource that meets a need.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Name of the tool or prompt.
    #[serde(default)]
    pub name: Option<String>,
    /// URI of the resource.
    #[serde(default)]
    pub uri: Option<String>,
    /// Arguments; left out of the call where null.
    #[serde(default)]
    pub arguments: Option<Value>,
}

/// Needs and what meets them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Tools by abstract name.
    #[serde(default)]
    pub tools: BTreeMap<String, Item>,
    /// Resources by abstract name.
    #[serde(default)]
    pub resources: BTreeMap<String, Item>,
    /// Prompts by abstract name.
    #[serde(default)]
    pub prompts: BTreeMap<String, Item>,
    /// How several instances of the server are started.
    #[serde(default)]
    pub deployment: Option<DeploymentSettings>,
}

impl Contract {
    /// The contract of everything-servers.
    ///
    /// # Errors
    /// Never with the file this was built with; a test reads it.
    pub fn everything() -> Result<Self, ContractError> {
        Self::parse("scenarios/contract.yaml", EMBEDDED)
    }

    /// A user's mapping.
    ///
    /// # Errors
    /// [`ContractError`] names the file and what is wrong in it.
    pub fn load(path: &Path) -> Result<Self, ContractError> {
        let file = path.display().to_string();
        let failed = |problem: String| ContractError { file: file.clone(), problem };
        let size = std::fs::metadata(path).map_err(|e| failed(e.to_string()))?.len();
        if size > MAX_FILE_BYTES {
            return Err(failed(format!("{size} bytes are more than the {MAX_FILE_BYTES} that are read")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
        let mut contract = Self::parse(&file, &text)?;
        if let Some(deployment) = &mut contract.deployment {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let named = deployment.directory.take().unwrap_or_default();
            deployment.directory = Some(folder.join(named));
        }
        Ok(contract)
    }

    fn parse(file: &str, text: &str) -> Result<Self, ContractError> {
        serde_saphyr::from_str(text).map_err(|e| ContractError { file: file.to_owned(), problem: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_embedded_contract_can_be_read() {
        let contract = Contract::everything().unwrap();
        assert_eq!(contract.tools["simple_text"].name.as_deref(), Some("test_simple_text"));
        assert!(contract.tools.values().chain(contract.prompts.values()).all(|item| item.name.is_some()));
        assert!(contract.resources.values().all(|item| item.uri.is_some()));
    }
}
