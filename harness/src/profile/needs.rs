//! Meeting needs: by the user's mapping, by the everything-server contract, or safely from what the server advertises.

use serde_json::{Map, Value, json};

use super::{Contract, Item};
use crate::scenario::Needs;
use crate::token::Kind;

/// Most properties of an input schema that are filled in.
const MAX_PROPERTIES: usize = 64;

/// What may be called beyond tools that are marked read-only and those of the contract.
#[derive(Clone, Debug, Default)]
pub struct Allow {
    /// Every tool.
    pub all_tools: bool,
    /// Tools by name.
    pub tools: Vec<String>,
}

/// A need that nothing meets, as a clause: what is needed, or what the server lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmet(pub String);

/// Resolve the needs of a scenario against what was probed. `user` comes before `contract`.
///
/// # Errors
/// The first need that is not met.
pub fn resolve(
    needs: &Needs,
    server: &Value,
    user: &Contract,
    contract: &Contract,
    allow: &Allow,
) -> Result<Value, Unmet> {
    if needs.session && server.get("session") != Some(&Value::Bool(true)) {
        return Err(Unmet("the server issues no session id".to_owned()));
    }
    instances(needs, server)?;
    let held = |kind: &&Kind| items(server, "tokens").any(|held| held.as_str() == Some(kind.word()));
    if let Some(missing) = needs.tokens.iter().find(|kind| !held(kind)) {
        return Err(Unmet(format!("needs {}", token(*missing))));
    }
    let mut resolved = Map::new();
    let mut add = |kind: &str, name: &str, item: Value| {
        let kind = resolved.entry(kind.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(members) = kind {
            members.insert(name.to_owned(), item);
        }
    };
    for name in &needs.tools {
        add("tools", name, tool(name, server, user, contract, allow)?);
    }
    for name in &needs.prompts {
        add("prompts", name, prompt(name, server, user, contract)?);
    }
    for name in &needs.resources {
        add("resources", name, resource(name, server, user, contract)?);
    }
    Ok(Value::Object(resolved))
}

/// Where a token of the kind can come from.
fn token(kind: Kind) -> String {
    let any = "--header 'Authorization: Bearer ...', or --issuer with an authorization server that gives one";
    let ours = "--issuer with our own authorization server (mcp-assay reference authorization-server), which the server \
                has to be told to trust";
    if kind.is_bound() {
        let own = if kind == Kind::Bound {
            "one"
        } else {
            "our own (mcp-assay reference authorization-server), which the server trusts"
        };
        return format!(
            "an access token of the kind `{}`: the server has to say, in a DPoP challenge or in its metadata, that it takes tokens that \
             are bound to a key, with proofs by ES256; give --issuer with an authorization server that gives them, {own}",
            kind.word()
        );
    }
    let from = match kind {
        Kind::Valid | Kind::Tampered => any,
        Kind::Wider => "--issuer with an authorization server that gives one",
        _ => ours,
    };
    format!("an access token of the kind `{}`: give {from}", kind.word())
}

/// Instances, and whether they can be stopped and started again.
fn instances(needs: &Needs, server: &Value) -> Result<(), Unmet> {
    let there = server.get("instances").and_then(Value::as_u64).unwrap_or(1);
    let wanted = needs.instances;
    if u64::try_from(wanted).is_ok_and(|wanted| wanted > there) {
        return Err(Unmet(format!(
            "needs {wanted} instances: give --spawn with --instances {wanted}, or several --url"
        )));
    }
    if needs.control && server.get("control") != Some(&Value::Bool(true)) {
        return Err(Unmet("needs instances that the harness can stop and start again: give --spawn".to_owned()));
    }
    Ok(())
}

fn listed<'s>(server: &'s Value, list: &str, key: &str, wanted: &str) -> Option<&'s Value> {
    items(server, list).find(|item| item.get(key).and_then(Value::as_str) == Some(wanted))
}

fn items<'s>(server: &'s Value, list: &str) -> impl Iterator<Item = &'s Value> {
    server.get(list).and_then(Value::as_array).into_iter().flatten()
}

fn show(item: &Item) -> Value {
    json!({ "name": item.name, "uri": item.uri, "arguments": item.arguments })
}

fn tool(name: &str, server: &Value, user: &Contract, contract: &Contract, allow: &Allow) -> Result<Value, Unmet> {
    if let Some(item) = user.tools.get(name) {
        return Ok(show(item));
    }
    let known = contract.tools.get(name);
    let fixture = known.and_then(|item| item.name.as_deref()).unwrap_or(name);
    let any = ANY.iter().find(|(known, ..)| *known == name);
    let fits = |tool: &Value| any.is_none_or(|(_, _, supports)| supports.contains(&task_support(tool)));
    if let Some(item) = known
        && listed(server, "tools", "name", fixture).is_some_and(fits)
    {
        return Ok(show(item));
    }
    match any {
        Some((_, what, _)) => {
            let safe = items(server, "tools").filter(|tool| fits(tool)).find_map(|tool| callable(tool, allow));
            safe.ok_or_else(|| {
                Unmet(format!(
                    "the server lists no {what} that may be called: none is marked read-only with arguments that can be \
                     made up; allow one with --allow-tool NAME or map tools.{name} in assay.yaml"
                ))
            })
        }
        None => Err(Unmet(format!(
            "needs a tool `{fixture}`, or another that does the same, mapped as tools.{name} in assay.yaml"
        ))),
    }
}

/// The needs that any tool meets that is safe to call and runs as a task in one of these ways: the name, what it is, the ways.
const ANY: [(&str, &str, &[&str]); 4] = [
    ("any", "tool", &["forbidden", "optional", "required"]),
    ("task", "tool that runs as a task", &["optional", "required"]),
    ("task_required", "tool that runs only as a task", &["required"]),
    ("task_forbidden", "tool that does not run as a task", &["forbidden"]),
];

/// How a listed tool goes with tasks (2025-11-25, server/tools): it does not unless it says so.
fn task_support(tool: &Value) -> &str {
    tool.pointer("/execution/taskSupport").and_then(Value::as_str).unwrap_or("forbidden")
}

/// The call of a tool that changes nothing, with arguments made from its schema.
fn callable(tool: &Value, allow: &Allow) -> Option<Value> {
    let name = tool.get("name")?.as_str()?;
    let read_only = tool.pointer("/annotations/readOnlyHint") == Some(&Value::Bool(true));
    if !read_only && !allow.all_tools && !allow.tools.iter().any(|allowed| allowed == name) {
        return None;
    }
    let arguments = arguments_for(tool.get("inputSchema")?)?;
    Some(json!({ "name": name, "uri": null, "arguments": arguments }))
}

/// Arguments that an input schema accepts; none when they cannot be made up.
pub fn arguments_for(schema: &Value) -> Option<Value> {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut arguments = Map::new();
    for name in required.into_iter().take(MAX_PROPERTIES) {
        arguments.insert(name.to_owned(), example(schema.get("properties")?.get(name)?)?);
    }
    let arguments = Value::Object(arguments);
    let valid = crate::schema::compile_user_schema(schema).ok()?.validate(&arguments).is_empty();
    valid.then_some(arguments)
}

fn example(schema: &Value) -> Option<Value> {
    let given = ["/const", "/default", "/examples/0", "/enum/0"];
    if let Some(value) = given.iter().find_map(|pointer| schema.pointer(pointer)) {
        return Some(value.clone());
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first()?.as_str()?,
        _ => return schema.pointer("/anyOf/0").or_else(|| schema.pointer("/oneOf/0")).and_then(example),
    };
    Some(match kind {
        "string" => json!("test"),
        "integer" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1.5)),
        "boolean" => json!(false),
        "null" => Value::Null,
        "array" if schema.get("minItems").and_then(Value::as_u64).unwrap_or(0) == 0 => json!([]),
        "array" => json!([example(schema.get("items")?)?]),
        "object" => arguments_for(schema)?,
        _ => return None,
    })
}

fn prompt(name: &str, server: &Value, user: &Contract, contract: &Contract) -> Result<Value, Unmet> {
    if let Some(item) = user.prompts.get(name) {
        return Ok(show(item));
    }
    if name == "any" {
        let first = items(server, "prompts").find_map(|prompt| {
            let name = prompt.get("name")?.as_str()?;
            let required = prompt.get("arguments").and_then(Value::as_array).into_iter().flatten();
            let required = required.filter(|argument| argument.get("required") == Some(&Value::Bool(true)));
            let arguments: Map<String, Value> =
                required.filter_map(|a| Some((a.get("name")?.as_str()?.to_owned(), json!("test")))).collect();
            let arguments = if arguments.is_empty() { Value::Null } else { Value::Object(arguments) };
            Some(json!({ "name": name, "uri": null, "arguments": arguments }))
        });
        return first.ok_or_else(|| Unmet("the server lists no prompt".to_owned()));
    }
    let known = contract.prompts.get(name);
    let fixture = known.and_then(|item| item.name.as_deref()).unwrap_or(name);
    match known {
        Some(item) if listed(server, "prompts", "name", fixture).is_some() => Ok(show(item)),
        _ => Err(Unmet(format!(
            "needs a prompt `{fixture}`, or another of the kind, mapped as prompts.{name} in assay.yaml"
        ))),
    }
}

fn resource(name: &str, server: &Value, user: &Contract, contract: &Contract) -> Result<Value, Unmet> {
    if let Some(item) = user.resources.get(name) {
        let mut shown = show(item);
        shown["folder"] = json!(item.uri.as_deref().and_then(folder));
        return Ok(shown);
    }
    if name == "any" {
        let first = items(server, "resources").find_map(|resource| resource.get("uri")?.as_str());
        let show = |uri: &str| json!({ "name": null, "uri": uri, "arguments": null });
        return first.map(show).ok_or_else(|| Unmet("the server lists no resource".to_owned()));
    }
    if name == "file" {
        let mut uris = items(server, "resources").filter_map(|resource| resource.get("uri")?.as_str());
        let show = |uri: &str| json!({ "name": null, "uri": uri, "arguments": null, "folder": folder(uri) });
        let first = uris.find(|uri| folder(uri).is_some());
        return first.map(show).ok_or_else(|| {
            Unmet(
                "needs a listed resource of the scheme `file`, or one mapped as resources.file in assay.yaml"
                    .to_owned(),
            )
        });
    }
    let known = contract.resources.get(name);
    let uri = known.and_then(|item| item.uri.as_deref()).unwrap_or(name);
    // A fixture of a template is not listed itself, but its template is.
    let offered = listed(server, "resources", "uri", uri).is_some()
        || (name == "template" && listed(server, "templates", "uriTemplate", "test://template/{id}/data").is_some());
    match known {
        Some(item) if offered => Ok(show(item)),
        _ => Err(Unmet(format!(
            "needs a resource `{uri}`, or another of the kind, mapped as resources.{name} in assay.yaml"
        ))),
    }
}

/// Where a `file://` resource lies, with the last slash: what other paths can be made from.
fn folder(uri: &str) -> Option<String> {
    let (folder, _) = uri.rsplit_once('/').filter(|_| uri.starts_with("file:///"))?;
    Some(format!("{folder}/"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn needs(tools: &[&str]) -> Needs {
        Needs { tools: tools.iter().map(|t| (*t).to_owned()).collect(), ..Needs::default() }
    }

    #[test]
    fn only_read_only_or_allowed_tools_are_called_without_a_mapping() {
        let server = json!({ "tools": [
            { "name": "delete", "inputSchema": { "type": "object" } },
            { "name": "look", "annotations": { "readOnlyHint": true },
              "inputSchema": { "type": "object", "properties": { "n": { "type": "integer", "minimum": 3 } }, "required": ["n"] } },
        ] });
        let none = Contract::default();
        let found = resolve(&needs(&["any"]), &server, &none, &none, &Allow::default()).unwrap();
        assert_eq!(found["tools"]["any"]["name"], "look");
        assert_eq!(found["tools"]["any"]["arguments"], json!({ "n": 3 }));
        let allow = Allow { tools: vec!["delete".to_owned()], ..Allow::default() };
        assert_eq!(resolve(&needs(&["any"]), &server, &none, &none, &allow).unwrap()["tools"]["any"]["name"], "delete");
        let nothing = json!({ "tools": [{ "name": "delete", "inputSchema": { "type": "object" } }] });
        assert!(resolve(&needs(&["any"]), &nothing, &none, &none, &Allow::default()).is_err());
    }

    #[test]
    fn a_file_comes_with_its_folder() {
        let none = Contract::default();
        let needs = Needs { resources: vec!["file".to_owned()], ..Needs::default() };
        let server = json!({ "resources": [{ "uri": "test://a" }, { "uri": "file:///srv/notes/a.txt" }] });
        let found = resolve(&needs, &server, &none, &none, &Allow::default()).unwrap();
        assert_eq!(found["resources"]["file"]["uri"], "file:///srv/notes/a.txt");
        assert_eq!(found["resources"]["file"]["folder"], "file:///srv/notes/");
        assert!(resolve(&needs, &json!({ "resources": [] }), &none, &none, &Allow::default()).is_err());
    }

    #[test]
    fn a_tool_for_a_task_is_one_that_says_so() {
        let contract = Contract::everything().unwrap();
        let tool = |name: &str, support: Value| {
            json!({
                "name": name, "annotations": { "readOnlyHint": true }, "inputSchema": { "type": "object" },
                "execution": { "taskSupport": support },
            })
        };
        let server = json!({ "tools": [tool("test_task", json!("forbidden")), tool("research", json!("required"))] });
        let name = |need: &str| {
            let found = resolve(&needs(&[need]), &server, &Contract::default(), &contract, &Allow::default());
            found.unwrap()["tools"][need]["name"].clone()
        };
        assert_eq!(
            [name("any"), name("task"), name("task_required"), name("task_forbidden")],
            ["test_task", "research", "research", "test_task"]
        );
    }

    #[test]
    fn a_mapping_comes_before_the_contract_and_a_missing_fixture_is_named() {
        let contract = Contract::everything().unwrap();
        let mut user = Contract::default();
        user.tools.insert("error".to_owned(), Item { name: Some("fail".to_owned()), ..Item::default() });
        let server = json!({ "tools": [] });
        let found = resolve(&needs(&["error"]), &server, &user, &contract, &Allow::default()).unwrap();
        assert_eq!(found["tools"]["error"]["name"], "fail");
        let Unmet(missing) = resolve(&needs(&["progress"]), &server, &user, &contract, &Allow::default()).unwrap_err();
        assert!(missing.contains("test_tool_with_progress") && missing.contains("tools.progress"), "{missing}");
    }
}
