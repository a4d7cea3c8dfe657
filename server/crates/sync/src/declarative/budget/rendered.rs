//! Numbers of a budget that are templates: they are asked of the configuration once, before anything else reads them.

use serde_json::Value;

use super::whole;
use crate::declarative::manifest::Node;
use crate::declarative::template::Scope;
use crate::declarative::text::Text;
use crate::fault::Fault;

/// The words of a budget with numbers in place of its templates.
pub fn fill(budget: &Node<'_>, config: &Value) -> Result<Value, Fault> {
    let mut words = Value::Object(budget.fields().clone());
    for (list, name) in [("rates", "limit"), ("matchers", "weight")] {
        for (at, policy) in budget.children("policies")?.iter().enumerate() {
            for (inner, node) in policy.children(list)?.iter().enumerate() {
                let Some(number) = number(node, name, config)? else {
                    continue;
                };
                let written = entry(&mut words["policies"], at);
                entry(&mut written[list], inner)[name] = number;
            }
        }
    }
    Ok(words)
}

/// One of a list; what stands alone counts as a list of one.
fn entry(list: &mut Value, at: usize) -> &mut Value {
    match list {
        Value::Array(items) => &mut items[at],
        one => one,
    }
}

/// What a text says of the configuration. What is no number stays as it is, for others to refuse.
fn number(node: &Node<'_>, name: &str, config: &Value) -> Result<Option<Value>, Fault> {
    let Some(Value::String(text)) = node.get(name) else {
        return Ok(None);
    };
    let text = Text::at(node, name, text)?;
    let value = text.value(&Scope::of(config, &Value::Null))?;
    let found = match &value {
        Value::String(text) => text.trim().parse().ok(),
        // What follows the point does not count.
        value => value.as_u64().or_else(|| value.as_f64().map(whole)),
    };
    Ok(Some(found.map_or(value, Value::from)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(limit: &str, weight: &str) -> Result<Value, Fault> {
        let budget = json!({"policies": [{
            "rates": [{"limit": limit, "interval": "PT1S"}],
            "matchers": {"weight": weight},
        }]});
        let config = json!({"plan": {"calls": 7}, "text": "08"});
        fill(&Node::new(&budget, "api_budget")?, &config)
    }

    #[test]
    fn limits_and_weights_come_from_the_configuration() {
        let words = read("{{ config['plan']['calls'] * 2 }}", "{{ 4 }}").unwrap();
        let policy = &words["policies"][0];
        assert_eq!(policy["rates"], json!([{"limit": 14, "interval": "PT1S"}]));
        assert_eq!(policy["matchers"], json!({"weight": 4}));
        let words = read("{{ config['text'] }}", "{{ 5 / 2 }}").unwrap();
        assert_eq!(words["policies"][0]["rates"][0]["limit"], json!(8));
        assert_eq!(words["policies"][0]["matchers"]["weight"], json!(2));
    }

    #[test]
    fn what_is_no_number_is_left_to_be_refused() {
        let words = read("many", "1").unwrap();
        assert_eq!(words["policies"][0]["rates"][0]["limit"], json!("many"));
    }
}
