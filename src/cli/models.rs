//! `models`: the known models, and `models fetch`.

use std::io::Write;

use serde_json::json;

use super::run_args::{ModelsArgs, ModelsCommand};
use super::{CliError, failed, progress};
use crate::model::{FetchEvent, Hub, KNOWN_MODELS, KnownModel, KnownWeights};

pub(super) fn run(args: &ModelsArgs, out: &mut dyn Write) -> Result<(), CliError> {
    match &args.command {
        None if args.json => list_json(out),
        None => list(out),
        Some(ModelsCommand::Fetch { name }) => fetch(name, out),
    }
}

fn list(out: &mut dyn Write) -> Result<(), CliError> {
    let hub = Hub::from_env().ok();
    for model in &KNOWN_MODELS {
        let state = match (&model.weights, &hub) {
            (KnownWeights::Embedded, _) => "built in".to_owned(),
            (_, Some(hub)) if hub.find(model).is_some() => "fetched".to_owned(),
            _ => format!("{:.1} GB", model.approx_bytes as f64 / 1e9),
        };
        writeln!(out, "{:<30}{state:<10}{}", model.name, model.licence)?;
        writeln!(out, "{:30}{}", "", model.about)?;
    }
    writeln!(
        out,
        "\nA GGUF file or a Hugging Face folder of the llama, qwen2 or qwen3 family opens with --model; a GGUF file with a\n\
         SentencePiece vocabulary needs the model's tokenizer.json beside it."
    )?;
    Ok(())
}

fn list_json(out: &mut dyn Write) -> Result<(), CliError> {
    let hub = Hub::from_env().ok();
    let list: Vec<_> = KNOWN_MODELS
        .iter()
        .map(|model| {
            let built_in = model.weights == KnownWeights::Embedded;
            let fetched = || hub.as_ref().is_some_and(|hub| hub.find(model).is_some());
            json!({
                "name": model.name,
                "about": model.about,
                "licence": model.licence,
                "bytes": model.approx_bytes,
                "built_in": built_in,
                "fetched": !built_in && fetched(),
            })
        })
        .collect();
    writeln!(out, "{}", serde_json::Value::Array(list))?;
    Ok(())
}

fn fetch(name: &str, out: &mut dyn Write) -> Result<(), CliError> {
    let model = KnownModel::by_name(name).ok_or_else(|| {
        let known: Vec<&str> = KNOWN_MODELS.iter().map(|model| model.name).collect();
        CliError::Usage(format!(
            "no known model is called {name:?}; there are: {}",
            known.join(", ")
        ))
    })?;
    if model.weights == KnownWeights::Embedded {
        writeln!(
            out,
            "{name} is part of the program; there is nothing to fetch"
        )?;
        return Ok(());
    }
    let hub = Hub::from_env().map_err(failed)?;
    let mut shown = 0u64;
    let path = hub
        .fetch(model, &mut |event| report(event, &mut shown))
        .map_err(failed)?;
    writeln!(out, "{}", path.display())?;
    Ok(())
}

/// One line per twentieth of a file, so that a log stays readable.
fn report(event: FetchEvent<'_>, shown: &mut u64) {
    match event {
        FetchEvent::Progress { file, done, size } => {
            let step = done * 20 / size.max(1);
            if step != *shown {
                *shown = step;
                let (done, size) = (done as f64 / 1e6, size as f64 / 1e6);
                progress(format_args!("{file}: {done:.0} of {size:.0} MB"));
            }
        }
        FetchEvent::Verifying { file } => progress(format_args!("{file}: verifying")),
        FetchEvent::Finished { file } => progress(format_args!("{file}: complete")),
    }
}
