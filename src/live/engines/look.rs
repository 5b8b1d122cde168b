//! Asking an engine how it is.

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

use super::ask::{AskError, ask};
use super::vitals::{Health, Look};
use crate::config::EngineAddress;

/// An engine on the same network that has not answered by then is in trouble; the choice of one must not wait longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks an engine for its state and its network, and if it does not know these questions, for its version.
pub(super) async fn look(client: &Client, engine: &EngineAddress) -> Look {
    let question = |path: &str, query: &str| {
        let mut url = engine.url();
        url.set_path(path);
        url.set_query(Some(query));
        ask(client, url, PATIENCE)
    };
    let (status, network) = tokio::join!(
        question("server/api", "api_version=3&method=get_status"),
        question("server/api", "api_version=3&method=get_network_connection_status"),
    );
    let is_offline = network.is_ok_and(|answer| answer["result"]["connected"] == Value::Bool(false));
    match status {
        Ok(answer) if answer["result"].is_object() => {
            let health = if is_offline { Health::Offline } else { Health::Healthy };
            let error = is_offline.then_some("has no network");
            return Look { health, version: text(&answer["result"]["version"]["version"]), error };
        }
        // Who is not there, or hangs, need not be asked twice.
        Err(AskError::Unreachable) => return trouble(Health::Down, "cannot be reached"),
        Err(AskError::Timeout) => return trouble(Health::Unclear, "does not answer in time"),
        Ok(_) | Err(AskError::Status(_) | AskError::NotJson) => {}
    }
    match question("webui/api/service", "method=get_version").await {
        Ok(answer) if answer["result"]["version"].is_string() => {
            Look { health: Health::Healthy, version: text(&answer["result"]["version"]), error: None }
        }
        Err(AskError::Unreachable) => trouble(Health::Down, "cannot be reached"),
        Err(AskError::Timeout) => trouble(Health::Unclear, "does not answer in time"),
        Err(AskError::Status(500..)) => trouble(Health::Down, "answers with errors"),
        // An imitation may lack both; that it talks at all is what can be known.
        Err(AskError::Status(_)) => Look { health: Health::Healthy, version: None, error: None },
        Ok(_) | Err(AskError::NotJson) => trouble(Health::Unclear, "does not answer like an engine"),
    }
}

fn trouble(health: Health, error: &'static str) -> Look {
    Look { health, version: None, error: Some(error) }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(|text| text.chars().filter(|character| !character.is_control()).take(40).collect())
}
