//! Every book can be read, and every story finds numbers.

use super::*;
use crate::problems::Level;
use crate::problems::draw::Draw;

#[test]
fn every_book_is_in_the_language_of_stories() {
    for (file, text, _) in FILES {
        if let Err(misprints) = story::read(text) {
            let all: Vec<String> = misprints.iter().map(ToString::to_string).collect();
            panic!("{file}:\n{}", all.join("\n"));
        }
    }
}

#[test]
fn every_story_finds_numbers_at_its_levels() {
    for (file, _, book) in FILES {
        for story in book.0.iter() {
            for (seed, level) in Level::ALL.iter().enumerate() {
                if teller::share(story, *level) == 0 {
                    continue;
                }
                let mut draw = Draw::new(seed as u64, 1);
                let found = (0..50)
                    .filter_map(|_| story.draft(&mut draw, *level))
                    .count();
                // Seldom is enough: another story is taken when none are found.
                assert!(
                    found > 5,
                    "{file}, {}, {found} of 50: {story:#?}",
                    level.name()
                );
            }
        }
    }
}
