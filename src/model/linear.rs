//! A weight matrix, dense or quantised, and its product with the rows of a pass.

use std::borrow::Cow;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Result, Storage, Tensor};

use crate::kernels::gemv::gemv;

/// Tokens in a pass from which on it pays to dequantise a matrix for it: the quantised product unpacks each row of
/// weights anew for every token.
const DEQUANTISED_TOKENS: usize = 16;

/// Weights as read from a file: still bytes or numbers, so that rows can be moved and matrices joined.
#[derive(Debug)]
pub(crate) enum RawMatrix {
    /// `[rows, columns]`.
    Dense { columns: usize, weights: Vec<f32> },
    /// `rows` rows of whole blocks. Of F16 and BF16 a number is a block: dense weights on their way to a device.
    Quantised {
        columns: usize,
        dtype: GgmlDType,
        bytes: Vec<u8>,
    },
}

impl RawMatrix {
    fn row_bytes(columns: usize, dtype: GgmlDType) -> usize {
        columns / dtype.block_size() * dtype.type_size()
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense { columns, weights } => weights.len() / columns,
            Self::Quantised {
                columns,
                dtype,
                bytes,
            } => bytes.len() / Self::row_bytes(*columns, *dtype),
        }
    }

    /// Row `to` of the result is row `from(to)` of this matrix. A quantised row moves whole, so nothing is lost.
    pub(crate) fn permuted(self, from: impl Fn(usize) -> usize) -> Self {
        let rows = self.rows();
        match self {
            Self::Dense { columns, weights } => {
                let weights = (0..rows)
                    .flat_map(|to| &weights[from(to) * columns..][..columns])
                    .copied()
                    .collect();
                Self::Dense { columns, weights }
            }
            Self::Quantised {
                columns,
                dtype,
                bytes,
            } => {
                let width = Self::row_bytes(columns, dtype);
                let bytes = (0..rows)
                    .flat_map(|to| &bytes[from(to) * width..][..width])
                    .copied()
                    .collect();
                Self::Quantised {
                    columns,
                    dtype,
                    bytes,
                }
            }
        }
    }

    /// Stacks `below` under this matrix, or hands both back if their types or widths differ.
    fn stacked(self, below: Self) -> std::result::Result<Self, (Self, Self)> {
        match (self, below) {
            (
                Self::Dense {
                    columns,
                    mut weights,
                },
                Self::Dense {
                    columns: width,
                    weights: more,
                },
            ) if columns == width => {
                weights.extend(more);
                Ok(Self::Dense { columns, weights })
            }
            (
                Self::Quantised {
                    columns,
                    dtype,
                    mut bytes,
                },
                Self::Quantised {
                    columns: width,
                    dtype: kind,
                    bytes: more,
                },
            ) if columns == width && dtype == kind => {
                bytes.extend(more);
                Ok(Self::Quantised {
                    columns,
                    dtype,
                    bytes,
                })
            }
            (above, below) => Err((above, below)),
        }
    }

    /// Ready to multiply.
    pub(crate) fn into_linear(self) -> Result<Linear> {
        let rows = self.rows();
        match self {
            Self::Dense { columns, weights } => Ok(Linear::Dense {
                rows,
                columns,
                weights: Tensor::from_vec(weights, (rows, columns), &Device::Cpu)?,
            }),
            Self::Quantised {
                columns,
                dtype: dtype @ (GgmlDType::F16 | GgmlDType::BF16),
                bytes,
            } => {
                let dtype = if dtype == GgmlDType::F16 {
                    DType::F16
                } else {
                    DType::BF16
                };
                Ok(Linear::Dense {
                    rows,
                    columns,
                    weights: Tensor::from_raw_buffer(
                        &bytes,
                        dtype,
                        &[rows, columns],
                        &Device::Cpu,
                    )?,
                })
            }
            Self::Quantised {
                columns,
                dtype,
                bytes,
            } => {
                let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype)?;
                let tensor = Arc::new(QTensor::new(storage, (rows, columns))?);
                Ok(Linear::Quantised {
                    rows,
                    columns,
                    matmul: QMatMul::from_arc(Arc::clone(&tensor))?,
                    tensor,
                })
            }
        }
    }
}

/// A matrix `[rows, columns]` that maps rows of `columns` numbers to rows of `rows` numbers. Cloning shares the weights.
#[derive(Clone, Debug)]
pub(crate) enum Linear {
    /// f32, or sixteen bits on their way to a device: the products here are of f32.
    Dense {
        rows: usize,
        columns: usize,
        weights: Tensor,
    },
    Quantised {
        rows: usize,
        columns: usize,
        tensor: Arc<QTensor>,
        matmul: QMatMul,
    },
}

/// Hands the numbers of a contiguous f32 tensor on the CPU to `body`.
fn with_numbers<T>(tensor: &Tensor, body: impl FnOnce(&[f32]) -> T) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(storage), Some((first, last))) => {
            Ok(body(&storage.as_slice::<f32>()?[first..last]))
        }
        _ => candle_core::bail!("a contiguous tensor on the CPU was expected"),
    }
}

impl Linear {
    /// Number of outputs.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense { rows, .. } | Self::Quantised { rows, .. } => *rows,
        }
    }

    /// Type of the weights.
    pub(crate) fn dtype(&self) -> GgmlDType {
        match self {
            Self::Dense { weights, .. } => match weights.dtype() {
                DType::F16 => GgmlDType::F16,
                DType::BF16 => GgmlDType::BF16,
                _ => GgmlDType::F32,
            },
            Self::Quantised { tensor, .. } => tensor.dtype(),
        }
    }

    /// Number of weights.
    pub(crate) fn parameters(&self) -> u64 {
        match self {
            Self::Dense { rows, columns, .. } | Self::Quantised { rows, columns, .. } => {
                (rows * columns) as u64
            }
        }
    }

    /// Bytes the weights take.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Dense { weights, .. } => {
                self.parameters() * weights.dtype().size_in_bytes() as u64
            }
            Self::Quantised { tensor, .. } => tensor.storage_size_in_bytes() as u64,
        }
    }

    /// `out[t, ..] = weights . x[t, ..]` for `tokens` rows.
    pub(crate) fn forward(&self, x: &[f32], tokens: usize, out: &mut [f32]) -> Result<()> {
        match self {
            Self::Dense { weights, .. } if tokens == 1 => {
                with_numbers(weights, |weights| gemv(weights, x, out))
            }
            Self::Dense {
                columns, weights, ..
            } => {
                let x = Tensor::from_slice(x, (tokens, *columns), &Device::Cpu)?;
                with_numbers(&x.matmul(&weights.t()?)?, |y| out.copy_from_slice(y))
            }
            Self::Quantised {
                columns,
                matmul,
                tensor,
                ..
            } => {
                let x = Tensor::from_slice(x, (tokens, *columns), &Device::Cpu)?;
                let y = if tokens < DEQUANTISED_TOKENS {
                    matmul.forward(&x)?
                } else {
                    x.matmul(&tensor.dequantize(&Device::Cpu)?.t()?)?
                };
                with_numbers(&y, |y| out.copy_from_slice(y))
            }
        }
    }

    /// The rows `ids` as numbers, `[ids.len(), columns]`: the embedding of tokens.
    pub(crate) fn embed(&self, ids: &[u32], out: &mut [f32]) -> Result<()> {
        match self {
            Self::Dense {
                columns, weights, ..
            } => with_numbers(weights, |weights| {
                for (&id, out) in ids.iter().zip(out.chunks_exact_mut(*columns)) {
                    out.copy_from_slice(&weights[id as usize * columns..][..*columns]);
                }
            }),
            Self::Quantised { tensor, .. } => {
                let ids = Tensor::from_slice(ids, ids.len(), &Device::Cpu)?;
                with_numbers(&tensor.embedding(&ids)?, |rows| out.copy_from_slice(rows))
            }
        }
    }
}

/// Matrices over the same input, joined into as few as their types allow, with an optional bias.
#[derive(Debug)]
pub(crate) struct Stacked {
    parts: Vec<Linear>,
    rows: usize,
    bias: Option<Vec<f32>>,
}

impl Stacked {
    /// Joins `matrices` in order; `bias` has one number per output.
    pub(crate) fn new(matrices: Vec<RawMatrix>, bias: Option<Vec<f32>>) -> Result<Self> {
        let mut joined: Vec<RawMatrix> = Vec::new();
        for matrix in matrices {
            match joined.pop() {
                None => joined.push(matrix),
                Some(above) => match above.stacked(matrix) {
                    Ok(both) => joined.push(both),
                    Err((above, below)) => joined.extend([above, below]),
                },
            }
        }
        let parts: Vec<Linear> = joined
            .into_iter()
            .map(RawMatrix::into_linear)
            .collect::<Result<_>>()?;
        let rows = parts.iter().map(Linear::rows).sum();
        Ok(Self { parts, rows, bias })
    }

    /// The matrices.
    pub(crate) fn parts(&self) -> &[Linear] {
        &self.parts
    }

    /// The bias, one number per output.
    pub(crate) fn bias(&self) -> Option<&[f32]> {
        self.bias.as_deref()
    }

    /// Number of numbers in the bias.
    pub(crate) fn bias_len(&self) -> usize {
        self.bias.as_ref().map_or(0, Vec::len)
    }

    /// `out[t, ..]` = all parts' outputs for `x[t, ..]`, one after another. `part` is a buffer.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        tokens: usize,
        out: &mut [f32],
        part: &mut Vec<f32>,
    ) -> Result<()> {
        if let [only] = self.parts.as_slice() {
            only.forward(x, tokens, out)?;
        } else {
            let mut first = 0;
            for linear in &self.parts {
                let rows = linear.rows();
                if tokens == 1 {
                    linear.forward(x, 1, &mut out[first..first + rows])?;
                } else {
                    part.resize(tokens * rows, 0.0);
                    linear.forward(x, tokens, &mut part[..tokens * rows])?;
                    for (out, part) in out.chunks_exact_mut(self.rows).zip(part.chunks_exact(rows))
                    {
                        out[first..first + rows].copy_from_slice(part);
                    }
                }
                first += rows;
            }
        }
        if let Some(bias) = &self.bias {
            for out in out.chunks_exact_mut(self.rows) {
                for (out, bias) in out.iter_mut().zip(bias) {
                    *out += bias;
                }
            }
        }
        Ok(())
    }
}
