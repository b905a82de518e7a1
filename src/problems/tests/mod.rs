//! Answers against an evaluator of their own, and every statement of arithmetic against its value.

mod formula;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const SAMPLES: u64 = 100_000;

#[test]
fn a_hundred_thousand_problems_are_right_in_every_statement() {
    let every: Vec<&Kind> = KINDS.iter().collect();
    let generator = Generator::new(0).kinds(&every);
    let mut slips = 0;
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for index in 0..SAMPLES {
        let problem = generator.problem(index);
        let solution = formula::solve(&problem.formula)
            .unwrap_or_else(|error| panic!("{error}: {problem:#?}"));
        assert!(
            (solution - problem.answer as f64).abs() < 1e-6,
            "{solution} is not the answer: {problem:#?}"
        );
        assert!(problem.answer >= 0, "{problem:#?}");
        slips += statements::check(&problem.trace)
            .unwrap_or_else(|error| panic!("{error}: {problem:#?}"));
        assert!(
            problem
                .trace
                .ends_with(&format!("So the answer is {}.", problem.answer)),
            "{problem:#?}"
        );
        for text in [&problem.problem, &problem.trace] {
            assert!(
                !text.contains(['{', '}', '[', ']', '|', '<']),
                "an unfilled gap: {problem:#?}"
            );
            assert!(
                !text.contains("  ") && text.trim() == text,
                "stray spaces: {problem:#?}"
            );
        }
        seen.entry(problem.kind)
            .or_default()
            .insert(problem.level.name());
    }
    assert_eq!(seen.len(), KINDS.len());
    assert!(seen.values().all(|levels| levels.len() == Level::ALL.len()));
    assert!(slips > SAMPLES as usize / 50, "{slips} slips");
}

#[test]
fn a_second_way_and_a_proof_end_where_they_should() {
    for index in 0..5000 {
        let mut draw = Draw::new(3, index);
        let kind = &KINDS[index as usize % KINDS.len()];
        let level = draw.pick(Level::ALL);
        let plan = (kind.draft)(&mut draw, level).plan;
        if let Some(second) = &plan.second_way {
            assert_eq!(second.answer(), plan.answer(), "{plan:#?}");
        }
        assert!(
            plan.steps().all(|step| step.value() >= 0 && step.b >= 0),
            "{plan:#?}"
        );
        for step in plan.steps().filter(|step| step.op == plan::Op::Div) {
            assert_eq!(step.a % step.b, 0, "{step:?}");
        }
    }
}

#[test]
fn a_misread_check_is_noticed_and_the_answer_stays() {
    let mut misread = 0;
    for problem in Generator::new(4).problems(0..5000) {
        let Some((check, after)) = problem.trace.split_once(" I misread a number here") else {
            continue;
        };
        misread += 1;
        let (work, said) = check.rsplit_once(" That is ").expect("what it came to");
        let found = work.rsplit(' ').next().expect("a value");
        let found = found.trim_end_matches('.');
        let answer = problem.answer;
        assert_eq!(said, format!("{found}, not {answer}."), "{problem:#?}");
        assert_ne!(found, answer.to_string());
        assert!(after.starts_with(&format!(", so it stays {answer}.")));
    }
    assert!((200..800).contains(&misread), "{misread} of 5000");
}

#[test]
fn the_numbers_of_a_problem_are_those_of_its_formula() {
    // Numbers that the text gives in another form: units know their factor, sequences show more terms than they need.
    let known = [
        "units",
        "sequence",
        "comparison",
        "percentage",
        "fraction",
        "average",
    ];
    for problem in Generator::new(1).problems(0..5000) {
        if known.contains(&problem.kind) {
            continue;
        }
        let mut given: Vec<i64> = statements::numbers(&problem.formula);
        given.push(1); // "one of them"
        for number in statements::numbers(&problem.problem) {
            assert!(
                given.contains(&number),
                "{number} is not in the formula: {problem:#?}"
            );
        }
    }
}

#[test]
fn a_problem_depends_on_nothing_but_seed_and_number() {
    let generator = Generator::new(5);
    let all: Vec<Problem> = generator.problems(0..50).collect();
    assert_eq!(all[20], Generator::new(5).problem(20));
    assert_ne!(all, Generator::new(6).problems(0..50).collect::<Vec<_>>());
    let one = Kind::by_name("gains").unwrap();
    let hard = Generator::new(5).kinds(&[one]).level(Level::Hard);
    assert!(
        hard.problems(0..50)
            .all(|problem| problem.kind == "gains" && problem.level == Level::Hard)
    );
}

#[test]
fn problems_seldom_repeat_and_come_in_many_wordings() {
    let problems: Vec<Problem> = Generator::new(9).problems(0..20_000).collect();
    let texts: BTreeSet<&str> = problems.iter().map(|p| p.problem.as_str()).collect();
    assert!(texts.len() > 18_000, "{}", texts.len());
    let forms: BTreeSet<String> = problems
        .iter()
        .map(|p| p.problem.chars().filter(|c| !c.is_ascii_digit()).collect())
        .collect();
    assert!(forms.len() > 10_000, "{}", forms.len());
}

#[test]
fn hard_traces_are_long_and_reflect() {
    let mut words: Vec<usize> = vec![];
    let mut reflections = 0;
    for problem in Generator::new(2).level(Level::Hard).problems(0..1000) {
        // As the tokenizer cuts, or coarser: each digit, each sign with the spaces around it, each word with the space
        // before it, and the space before a number.
        let trace = &problem.trace;
        let letters = trace.split(|c: char| !c.is_alphabetic());
        let letters = letters.filter(|word| !word.is_empty()).count();
        let signs = trace
            .chars()
            .filter(|c| !c.is_alphabetic() && *c != ' ')
            .count();
        let numbers = trace
            .split(' ')
            .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
            .count();
        let operations = trace
            .split(' ')
            .filter(|word| matches!(*word, "+" | "-" | "*" | "/" | "="))
            .count();
        words.push(letters + signs + numbers - operations);
        reflections += usize::from(problem.trace.contains("Wait") || problem.trace.contains("Hmm"));
    }
    words.sort_unstable();
    assert!(words[500] >= 400, "median {}", words[500]);
    assert!(reflections > 800, "{reflections}");
}
