//! What the README says is true: its commands parse, its table is the program's.

#[cfg(all(feature = "gui", feature = "infer"))]
use clap::Parser as _;
#[cfg(all(feature = "gui", feature = "infer"))]
use rkv_scope::cli::Args;
use rkv_scope::policy::POLICIES;

const README: &str = include_str!("../README.md");

#[test]
fn the_policy_table_is_the_programs() {
    for info in POLICIES {
        let row = format!("| `{}` | {} | {} |", info.id, info.name, info.paper);
        assert!(README.contains(&row), "the README has no row {row:?}");
    }
    let rows = README
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    assert_eq!(
        rows,
        POLICIES.len(),
        "the README lists a policy that is not there"
    );
}

#[cfg(all(feature = "gui", feature = "infer"))]
#[test]
fn its_commands_are_commands() {
    let mut seen = 0;
    for line in README
        .lines()
        .filter_map(|line| line.strip_prefix("$ rkv-scope "))
    {
        let mut words = vec!["rkv-scope".to_owned()];
        // Words and quoted words are all that the examples use.
        for (i, part) in line.split('"').enumerate() {
            if i % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        Args::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
        seen += 1;
    }
    assert!(seen >= 4, "the README shows {seen} commands");
}

#[test]
fn its_defaults_are_the_defaults() {
    let settings = POLICIES[0].default_settings();
    let said = format!(
        "lambda {}, w {}, pooling {}, T {}",
        settings.lambda, settings.window, settings.kernel, settings.threshold
    );
    assert!(README.contains(&said), "the README does not say {said:?}");
}

#[test]
fn its_pictures_are_there() {
    for link in README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        if !link.starts_with("http") {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
            assert!(path.exists(), "{link} is not there");
        }
    }
}
