// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Every constraint of the fused ops: @OP_cN violates constraint N of OP's description, @OP_result
// has the wrong result type.

func.func @fused_patch_embedding_c1_image(%i: tensor<4x4xf32>, %w: tensor<6x3x2x2xf32>, %a: tensor<4x6xf32>) {
  // expected-error@+1 {{'vit.fused_patch_embedding' op expected image of rank 3, but got 'tensor<4x4xf32>'}}
  %0 = vit.fused_patch_embedding %i, %w, %a : (tensor<4x4xf32>, tensor<6x3x2x2xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @fused_patch_embedding_c1_weight(%i: tensor<3x4x4xf32>, %w: tensor<6x12xf32>, %a: tensor<4x6xf32>) {
  // expected-error@+1 {{'vit.fused_patch_embedding' op expected weight of rank 4, but got 'tensor<6x12xf32>'}}
  %0 = vit.fused_patch_embedding %i, %w, %a : (tensor<3x4x4xf32>, tensor<6x12xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @fused_patch_embedding_c1_addend(%i: tensor<3x4x4xf32>, %w: tensor<6x3x2x2xf32>, %a: tensor<6xf32>) {
  // expected-error@+1 {{'vit.fused_patch_embedding' op expected addend of rank 2, but got 'tensor<6xf32>'}}
  %0 = vit.fused_patch_embedding %i, %w, %a : (tensor<3x4x4xf32>, tensor<6x3x2x2xf32>, tensor<6xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @fused_patch_embedding_c2(%i: tensor<3x4x4xf32>, %w: tensor<6x1x2x2xf32>, %a: tensor<4x6xf32>) {
  // expected-error@+1 {{'vit.fused_patch_embedding' op expected weight for 3 channels (the image's), but got 'tensor<6x1x2x2xf32>'}}
  %0 = vit.fused_patch_embedding %i, %w, %a : (tensor<3x4x4xf32>, tensor<6x1x2x2xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @fused_patch_embedding_c3(%i: tensor<3x4x5xf32>, %w: tensor<6x3x2x2xf32>, %a: tensor<4x6xf32>) {
  // expected-error@+1 {{'vit.fused_patch_embedding' op expected patches that divide the image of 4x5, but got 2x2}}
  %0 = vit.fused_patch_embedding %i, %w, %a : (tensor<3x4x5xf32>, tensor<6x3x2x2xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @fused_patch_embedding_c4(%i: tensor<3x4x4xf32>, %w: tensor<6x3x2x2xf32>, %a: tensor<3x6xf32>) {
  // expected-error@+1 {{'vit.fused_patch_embedding' op expected addend of at least 4 tokens (the patches) of 6 features, but got 'tensor<3x6xf32>'}}
  %0 = vit.fused_patch_embedding %i, %w, %a : (tensor<3x4x4xf32>, tensor<6x3x2x2xf32>, tensor<3x6xf32>) -> tensor<3x6xf32>
  return
}

// -----

func.func @fused_head_projection_c1_input(%x: tensor<2x5x4xf32>, %w: tensor<12x4xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected input of rank 2, but got 'tensor<2x5x4xf32>'}}
  %0 = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 3 : i64} : (tensor<2x5x4xf32>, tensor<12x4xf32>) -> tensor<3x2x5x2xf32>
  return
}

// -----

func.func @fused_head_projection_c1_weight(%x: tensor<5x4xf32>, %w: tensor<12x3xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected weight of rank 2 whose last dimension is 4 (the input's), but got 'tensor<12x3xf32>'}}
  %0 = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 3 : i64} : (tensor<5x4xf32>, tensor<12x3xf32>) -> tensor<3x2x5x2xf32>
  return
}

// -----

func.func @fused_head_projection_c2_positive(%x: tensor<5x4xf32>, %w: tensor<12x4xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected parts and num_heads to be at least 1, but got 0 and 2}}
  %0 = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 0 : i64} : (tensor<5x4xf32>, tensor<12x4xf32>) -> tensor<3x2x5x2xf32>
  return
}

// -----

func.func @fused_head_projection_c2_divides(%x: tensor<5x4xf32>, %w: tensor<12x4xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected parts times num_heads to divide the weight's 12 rows, but got 3 times 3}}
  %0 = vit.fused_head_projection %x, %w {num_heads = 3 : i64, parts = 3 : i64} : (tensor<5x4xf32>, tensor<12x4xf32>) -> tensor<3x2x5x2xf32>
  return
}

// -----

func.func @fused_head_projection_c3(%x: tensor<5x4xf32>, %w: tensor<12x4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected bias of rank 1 with 12 elements (the weight's rows), but got 'tensor<4xf32>'}}
  %0 = vit.fused_head_projection %x, %w, %b {num_heads = 2 : i64, parts = 3 : i64} : (tensor<5x4xf32>, tensor<12x4xf32>, tensor<4xf32>) -> tensor<3x2x5x2xf32>
  return
}

// -----

func.func @fused_head_projection_result(%x: tensor<5x4xf32>, %w: tensor<12x4xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected the result's type to be 'tensor<3x2x5x2xf32>', but got 'tensor<3x5x2x2xf32>'}}
  %0 = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 3 : i64} : (tensor<5x4xf32>, tensor<12x4xf32>) -> tensor<3x5x2x2xf32>
  return
}

// -----

func.func @fused_attention_c1_rank(%q: tensor<2x5x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x2x6x3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected query of rank 4, but got 'tensor<2x5x4xf32>'}}
  %0 = vit.fused_attention %q[0], %k[0], %v[0] scale 1.0 : (tensor<2x5x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x3xf32>) -> tensor<5x6xf32>
  return
}

// -----

func.func @fused_attention_c1_heads(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x3x6x3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected query, key and value of the same number of heads, but got 2, 2 and 3}}
  %0 = vit.fused_attention %q[0], %k[0], %v[0] scale 1.0 : (tensor<1x2x5x4xf32>, tensor<1x2x6x4xf32>, tensor<1x3x6x3xf32>) -> tensor<5x6xf32>
  return
}

// -----

func.func @fused_attention_c2_features(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x6x3xf32>, %v: tensor<1x2x6x3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected query and key with the same features of a head, but got 4 and 3}}
  %0 = vit.fused_attention %q[0], %k[0], %v[0] scale 1.0 : (tensor<1x2x5x4xf32>, tensor<1x2x6x3xf32>, tensor<1x2x6x3xf32>) -> tensor<5x6xf32>
  return
}

// -----

func.func @fused_attention_c2_tokens(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x2x5x3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected key and value with the same tokens, but got 6 and 5}}
  %0 = vit.fused_attention %q[0], %k[0], %v[0] scale 1.0 : (tensor<1x2x5x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x5x3xf32>) -> tensor<5x6xf32>
  return
}

// -----

func.func @fused_attention_c3(%q: tensor<1x2x5x4xf32>, %k: tensor<2x2x6x4xf32>, %v: tensor<2x2x6x3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected value_part to be one of 2 parts, but got 2}}
  %0 = vit.fused_attention %q[0], %k[1], %v[2] scale 1.0 : (tensor<1x2x5x4xf32>, tensor<2x2x6x4xf32>, tensor<2x2x6x3xf32>) -> tensor<5x6xf32>
  return
}

// -----

func.func @fused_attention_c4(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x2x6x3xf32>, %b: tensor<5x5xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected bias that broadcasts to 2x5x6 (the scores), but got 'tensor<5x5xf32>'}}
  %0 = vit.fused_attention %q[0], %k[0], %v[0], %b scale 1.0 : (tensor<1x2x5x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x3xf32>, tensor<5x5xf32>) -> tensor<5x6xf32>
  return
}

// -----

func.func @fused_attention_result(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x2x6x3xf32>, %b: tensor<2x1x6xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected the result's type to be 'tensor<5x6xf32>', but got 'tensor<5x8xf32>'}}
  %0 = vit.fused_attention %q[0], %k[0], %v[0], %b scale 1.0 : (tensor<1x2x5x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x3xf32>, tensor<2x1x6xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @fused_linear_c1(%x: tensor<2x5x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{'vit.fused_linear' op expected input of rank 2, but got 'tensor<2x5x4xf32>'}}
  %0 = vit.fused_linear %x, %w : (tensor<2x5x4xf32>, tensor<3x4xf32>) -> tensor<2x5x3xf32>
  return
}

// -----

func.func @fused_linear_c2(%x: tensor<5x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{'vit.fused_linear' op expected residual of 5x3 (the result), but got 'tensor<5x4xf32>'}}
  %0 = vit.fused_linear %x, %w residual %x : (tensor<5x4xf32>, tensor<3x4xf32>, tensor<5x4xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @fused_conv2d_c1(%x: tensor<8x8x4xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'vit.fused_conv2d' op expected weight for 4 channels (the input's) in 1 groups, but got one for 3 channels in each}}
  %0 = vit.fused_conv2d %x, %w stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 : (tensor<8x8x4xf32>, tensor<4x3x3x3xf32>) -> tensor<6x6x4xf32>
  return
}

// -----

func.func @fused_conv2d_c2(%x: tensor<8x8x4xf32>, %w: tensor<4x4x3x3xf32>) {
  // expected-error@+1 {{'vit.fused_conv2d' op expected residual of 'tensor<6x6x4xf32>' (the result), but got 'tensor<8x8x4xf32>'}}
  %0 = vit.fused_conv2d %x, %w residual %x stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 : (tensor<8x8x4xf32>, tensor<4x4x3x3xf32>, tensor<8x8x4xf32>) -> tensor<6x6x4xf32>
  return
}

// -----

func.func @fused_head_projection_c4(%x: tensor<5x4xf32>, %w: tensor<12x4xf32>) {
  // expected-error@+1 {{'vit.fused_head_projection' op expected sequences that divide the input's 5 rows, but got 2}}
  %0 = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 3 : i64, sequences = 2 : i64} : (tensor<5x4xf32>, tensor<12x4xf32>) -> tensor<3x4x2x2xf32>
  return
}

// -----

func.func @fused_attention_c5(%q: tensor<1x4x5x4xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected sequences that divide 4 heads, but got 3}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0] scale 1.0 {sequences = 3 : i64} : (tensor<1x4x5x4xf32>, tensor<1x4x5x4xf32>, tensor<1x4x5x4xf32>) -> tensor<15x4xf32>
  return
}

// -----

func.func @fused_attention_c4_sequences(%q: tensor<1x4x5x4xf32>, %b: tensor<4x5x5xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected bias that broadcasts to 2x2x5x5 (the scores), but got 'tensor<4x5x5xf32>'}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0], %b scale 1.0 {sequences = 2 : i64} : (tensor<1x4x5x4xf32>, tensor<1x4x5x4xf32>, tensor<1x4x5x4xf32>, tensor<4x5x5xf32>) -> tensor<10x8xf32>
  return
}

// -----

func.func @fused_head_projection_c5(%x: tensor<54x4xf32>) {
  %w = vit.weight "w" : tensor<12x4xf32>
  // expected-error@+1 {{'vit.fused_head_projection' op expected 6 windows of a map of 54 pixels, but got #vit.windows<map[5, 8] window[3, 3] shift[0, 0]>}}
  %0 = vit.fused_head_projection %x, %w windows <map [5, 8] window [3, 3] shift [0, 0]> {num_heads = 2 : i64, parts = 3 : i64, sequences = 6 : i64} : (tensor<54x4xf32>, tensor<12x4xf32>) -> tensor<3x12x9x2xf32>
  return
}

// -----

func.func @fused_attention_c6(%q: tensor<1x12x9x4xf32>, %f: tensor<3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected factors of rank 1 with 2 elements (the heads), but got 'tensor<3xf32>'}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0] factors %f scale 1.0 {sequences = 6 : i64} : (tensor<1x12x9x4xf32>, tensor<1x12x9x4xf32>, tensor<1x12x9x4xf32>, tensor<3xf32>) -> tensor<54x8xf32>
  return
}

// -----

func.func @fused_attention_c7(%q: tensor<1x12x9x4xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected 6 windows of 9 pixels, but got #vit.windows<map[6, 12] window[3, 3] shift[0, 0]>}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0] scale 1.0 windows <map [6, 12] window [3, 3] shift [0, 0]> {sequences = 6 : i64} : (tensor<1x12x9x4xf32>, tensor<1x12x9x4xf32>, tensor<1x12x9x4xf32>) -> tensor<54x8xf32>
  return
}

// -----

func.func @fused_attention_c4_windows(%q: tensor<1x12x9x4xf32>, %b: tensor<6x1x9x9xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected bias that broadcasts to 4x2x9x9 (the scores), but got 'tensor<6x1x9x9xf32>'}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0], %b scale 1.0 windows <map [6, 9] window [3, 3] shift [0, 0]> {sequences = 6 : i64} : (tensor<1x12x9x4xf32>, tensor<1x12x9x4xf32>, tensor<1x12x9x4xf32>, tensor<6x1x9x9xf32>) -> tensor<54x8xf32>
  return
}

// -----

// fused_resize2d, constraint 2: the residual's type.
func.func @fused_resize2d_c2(%x: tensor<4x4x2xf32>, %r: tensor<8x8x3xf32>) {
  // expected-error@+1 {{'vit.fused_resize2d' op expected residual of 'tensor<8x8x2xf32>' (the result), but got 'tensor<8x8x3xf32>'}}
  %0 = vit.fused_resize2d bilinear %x residual %r activation none size [8, 8] : (tensor<4x4x2xf32>, tensor<8x8x3xf32>) -> tensor<8x8x2xf32>
  return
}

// -----

func.func @fused_attention_c8(%q: tensor<1x2x6x4xf32>, %p: tensor<8x3xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected positions of 8x4 (the distances in the grid, and the query's features), but got 'tensor<8x3xf32>'}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0] positions %p grid [2, 3] scale 1.0 : (tensor<1x2x6x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x4xf32>, tensor<8x3xf32>) -> tensor<6x8xf32>
  return
}

// -----

func.func @fused_attention_c9(%q: tensor<1x2x6x4xf32>, %p: tensor<8x4xf32>) {
  // expected-error@+1 {{'vit.fused_attention' op expected a grid of both 6 queries and 6 keys, but got [2, 2]}}
  %0 = vit.fused_attention %q[0], %q[0], %q[0] positions %p grid [2, 2] scale 1.0 : (tensor<1x2x6x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x4xf32>, tensor<8x4xf32>) -> tensor<6x8xf32>
  return
}
