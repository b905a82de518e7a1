//! Policies that go by keys alone: Knorm and KeyDiff.

use super::*;

#[test]
fn knorm_is_the_negative_norm_and_keydiff_the_negative_cosine_with_the_mean_unit_key() {
    let head = Head::new(4);
    let norm = |i: usize| dot(row(&head.keys, i), row(&head.keys, i)).sqrt();
    let exact: Vec<f64> = (0..N - WINDOW).map(|i| -norm(i)).collect();
    assert_close("knorm", &score("knorm", &head.view()).score, &exact, 1e-6);

    let mean: Vec<f64> = (0..D)
        .map(|c| {
            (0..N)
                .map(|i| f64::from(head.keys[i * D + c]) / norm(i))
                .sum::<f64>()
                / N as f64
        })
        .collect();
    let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
    let exact: Vec<f64> = (0..N - WINDOW)
        .map(|i| {
            let key = row(&head.keys, i).iter().map(|&x| f64::from(x));
            -key.zip(&mean).map(|(x, m)| x * m).sum::<f64>() / (norm(i) * length)
        })
        .collect();
    assert_close(
        "keydiff",
        &score("keydiff", &head.view()).score,
        &exact,
        1e-6,
    );
}
