// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Steps of ops without a schedule of their own; a function for each constraint, named after it.

func.func @map_c1_empty(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a shape and a tile of it, but got [] and []}}
  kernel.map "copy" (%x) into %y shape [] tile [] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c1_rank(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a shape and a tile of it, but got [4, 8] and [4]}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c1_zero(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a shape and a tile of it, but got [4, 8] and [0, 8]}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [0, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c1_large(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a shape and a tile of it, but got [4, 8] and [5, 8]}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [5, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c1_points(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected at most 274877906944 points}}
  kernel.map "copy" (%x) into %y shape [4294967296, 4294967296] tile [1, 128] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c1_vectors(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a tile that is whole or a multiple of 128 along vectors, but got [4, 4]}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 4] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c1_squares(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a tile that is whole or a multiple of 128 along vectors, but got [2, 8]}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [2, 8] accesses [#kernel.access<0 + [1, 4]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c2(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected an access for each of 2 operands}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c2_strides(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected 2 strides, but got #kernel.access<0 + [1]>}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c2_last(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected accesses within 'memref<4x8xf32>', but #kernel.access<1 + [8, 1]> is not}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<1 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c2_overflow(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected accesses within 'memref<4x8xf32>', but #kernel.access<0 + [274877906944, 1]> is not}}
  kernel.map "copy" (%x) into %y shape [137438953472, 2] tile [1, 2] accesses [#kernel.access<0 + [274877906944, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c3(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected to write no element twice with #kernel.access<0 + [7, 1]>}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [7, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c3_repeated(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected to write no element twice with #kernel.access<0 + [0, 1]>}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [0, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c4(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected an output that is no input}}
  kernel.map "copy" (%x) into %x shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c5(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a body that gets an element of each of 1 inputs}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32, %b: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c5_type(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op expected a body that gets an element of each of 1 inputs}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32, %b: f64):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c5_element(%x: memref<4x8xi64>, %y: memref<4x8xi64>) {
  // expected-error @+1 {{'kernel.map' op expected a body that gets an element of each of 1 inputs}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xi64>, memref<4x8xi64> {
  ^bb0(%a: i32):
    kernel.yield %a : i32
  }
  return
}

// -----

func.func @map_c5_yield(%x: memref<4x8xi64>, %y: memref<4x8xi32>) {
  // expected-error @+1 {{'kernel.map' op expected a body that ends with kernel.yield of an element of the output}}
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xi64>, memref<4x8xi32> {
  ^bb0(%a: i64):
    kernel.yield %a : i64
  }
  return
}

// -----

func.func @map_c5_integers(%x: memref<4x8xi64>, %y: memref<4x8xi64>) {
  kernel.map "add" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xi64>, memref<4x8xi64> {
  ^bb0(%a: i64):
    // expected-error @+1 {{'arith.addi' op expected an op on elements that kernel.map knows}}
    %b = arith.addi %a, %a : i64
    kernel.yield %a : i64
  }
  return
}

// -----

// In memory a boolean is a byte.
func.func @map_c5_boolean(%x: memref<4x8xi1>, %y: memref<4x8xf32>) {
  kernel.map "select" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xi1>, memref<4x8xf32> {
  ^bb0(%a: i1):
    // expected-error @+1 {{'arith.uitofp' op expected an op on elements that kernel.map knows}}
    %b = arith.uitofp %a : i1 to f32
    kernel.yield %b : f32
  }
  return
}

// -----

func.func @map_c5_condition(%x: memref<4x8xf32>, %y: memref<4x8xi1>) {
  // expected-error @+1 {{'kernel.map' op expected a body that yields an element, not a condition}}
  kernel.map "compare" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xi1> {
  ^bb0(%a: f32):
    %b = arith.cmpf ogt, %a, %a : f32
    kernel.yield %b : i1
  }
  return
}

// -----

// A product is of f32.
func.func @softmax_type(%x: memref<4x8xi32>, %y: memref<4x8xi32>) {
  // expected-error @+1 {{'kernel.softmax' op operand #0 must be row-major memref of f32 with sizes of at least 1, nothing but its rows padded, of at most 1 TiB, but got 'memref<4x8xi32>'}}
  kernel.softmax %x into %y rows_per_task 2 : memref<4x8xi32>, memref<4x8xi32>
  return
}

// -----

func.func @map_c5_op(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    // expected-error @+1 {{'math.tanh' op expected an op on elements that kernel.map knows}}
    %b = math.tanh %a : f32
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c5_double(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    // expected-error @+1 {{'arith.extf' op expected an op on elements that kernel.map knows}}
    %b = arith.extf %a : f32 to f64
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c5_memory(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  kernel.map "copy" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    // expected-error @+1 {{'memref.alloc' op expected an op on elements that kernel.map knows}}
    %b = memref.alloc() : memref<4xf32>
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @map_c6(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.map' op attribute 'kind' failed to satisfy constraint: string attribute of letters, digits and underscores}}
  kernel.map "a\00b" (%x) into %y shape [4, 8] tile [4, 8] accesses [#kernel.access<0 + [8, 1]>, #kernel.access<0 + [8, 1]>] : memref<4x8xf32>, memref<4x8xf32> {
  ^bb0(%a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func @softmax_c1(%x: memref<4x8xf32>, %y: memref<8x4xf32>) {
  // expected-error @+1 {{'kernel.softmax' op expected an input of rank 1 or more and an output of its shape}}
  kernel.softmax %x into %y rows_per_task 1 : memref<4x8xf32>, memref<8x4xf32>
  return
}

// -----

func.func @softmax_c1_rank(%x: memref<f32>, %y: memref<f32>) {
  // expected-error @+1 {{'kernel.softmax' op expected an input of rank 1 or more and an output of its shape}}
  kernel.softmax %x into %y rows_per_task 1 : memref<f32>, memref<f32>
  return
}

// -----

func.func @softmax_c2(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.softmax' op attribute 'rows_per_task' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  kernel.softmax %x into %y rows_per_task 0 : memref<4x8xf32>, memref<4x8xf32>
  return
}

// -----

func.func @reduce_c1(%x: memref<4x8xf32>, %y: memref<1x8xf32>) {
  // expected-error @+1 {{'kernel.reduce' op expected a dimension of the input, but got 2}}
  kernel.reduce mean %x dim 2 into %y rows_per_task 1 columns_per_task 8 : memref<4x8xf32>, memref<1x8xf32>
  return
}

// -----

func.func @reduce_c1_negative(%x: memref<4x8xf32>, %y: memref<1x8xf32>) {
  // expected-error @+1 {{'kernel.reduce' op attribute 'dim' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  kernel.reduce mean %x dim -1 into %y rows_per_task 1 columns_per_task 8 : memref<4x8xf32>, memref<1x8xf32>
  return
}

// -----

func.func @reduce_c1_output(%x: memref<4x8xf32>, %y: memref<1x8xf32>) {
  // expected-error @+1 {{'kernel.reduce' op expected an output with one element in dimension 1, but got 'memref<1x8xf32>'}}
  kernel.reduce mean %x dim 1 into %y rows_per_task 1 columns_per_task 8 : memref<4x8xf32>, memref<1x8xf32>
  return
}

// -----

func.func @reduce_c2(%x: memref<1x8xf32>) {
  // expected-error @+1 {{'kernel.reduce' op expected an output that is no input}}
  kernel.reduce mean %x dim 0 into %x rows_per_task 1 columns_per_task 8 : memref<1x8xf32>, memref<1x8xf32>
  return
}

// -----

func.func @reduce_c3(%x: memref<4x8xf32>, %y: memref<1x8xf32>) {
  // expected-error @+1 {{'kernel.reduce' op attribute 'rows_per_task' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  kernel.reduce mean %x dim 0 into %y rows_per_task 0 columns_per_task 8 : memref<4x8xf32>, memref<1x8xf32>
  return
}

// -----

func.func @reduce_c3_columns(%x: memref<4x8xf32>, %y: memref<1x8xf32>) {
  // expected-error @+1 {{'kernel.reduce' op expected all columns of the output in a task, or a multiple of 128, but got 4}}
  kernel.reduce mean %x dim 0 into %y rows_per_task 1 columns_per_task 4 : memref<4x8xf32>, memref<1x8xf32>
  return
}

// -----

func.func @matmul_c1(%x: memref<4x8xf32>, %w: memref<1x1x8x16xf32>, %y: memref<5x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected an output with the left operand's rows, but got 'memref<4x8xf32>', 'memref<5x16xf32>'}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<1x1x8x16xf32>, memref<5x16xf32>
  return
}

// -----

func.func @matmul_c1_rank(%x: memref<4x8xf32>, %w: memref<1x1x8x16xf32>, %y: memref<1x4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected an output with the left operand's rows, but got 'memref<4x8xf32>', 'memref<1x4x16xf32>'}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<1x1x8x16xf32>, memref<1x4x16xf32>
  return
}

// -----

func.func @matmul_c2(%x: memref<4x8xf32>, %w: memref<1x1x7x16xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected matrices in panels, Bx1x8x16, but got 'memref<1x1x7x16xf32>'}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<1x1x7x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @matmul_c2_rank(%x: memref<4x8xf32>, %w: memref<8x16xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected matrices in panels, Bx1x8x16, but got 'memref<8x16xf32>'}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<8x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @matmul_c2_columns(%x: memref<4x8xf32>, %w: memref<1x1x8x16xf32>, %y: memref<4x17xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected matrices in panels, Bx2x8x16, but got 'memref<1x1x8x16xf32>'}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<1x1x8x16xf32>, memref<4x17xf32>
  return
}

// -----

func.func @matmul_c3(%x: memref<4x8xf32>, %w: memref<3x1x8x16xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected a number of matrices that divides 4 rows, but got 3}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<3x1x8x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @matmul_c3_rows(%x: memref<4x8xf32>, %w: memref<2x1x8x16xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected the row tiles to cover 2 rows, but they cover 4}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<2x1x8x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @matmul_c4(%x: memref<4x8xf32>, %w: memref<1x1x8x16xf32>, %b: memref<15xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected a bias of 16 elements, but got 'memref<15xf32>'}}
  kernel.matmul %x, %w bias %b into %y schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<1x1x8x16xf32>, memref<15xf32>, memref<4x16xf32>
  return
}

// -----

func.func @matmul_c5(%x: memref<4x16xf32>, %w: memref<1x1x16x16xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{'kernel.matmul' op expected an output that is no input}}
  kernel.matmul %x, %w into %x schedule <rows <1 x 4 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x16xf32>, memref<1x1x16x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @matmul_c6(%x: memref<4x8xf32>, %w: memref<1x1x8x16xf32>, %y: memref<4x16xf32>) {
  // expected-error @+1 {{expected 1 to 16 panels, but got 17}}
  kernel.matmul %x, %w into %y schedule <rows <1 x 4 + 0 x 0> panels 17 tiles_per_task 1 k_block 8 k_unroll 1> : memref<4x8xf32>, memref<1x1x8x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @conv2d_c1(%x: memref<6x8xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected input and output of rank 3 and filters of rank 4}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c2(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected two strides, four paddings and two dilations}}
  kernel.conv2d %x, %w into %y stride [1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c2_zero(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected two strides, four paddings and two dilations}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 0] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c2_negative(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected two strides, four paddings and two dilations}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, -1, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c2_large(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected two strides, four paddings and two dilations}}
  kernel.conv2d %x, %w into %y stride [1, 274877906945] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c3(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected 3 groups that divide inputs and outputs, but got 'memref<3x3x4x16xf32>'}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 3 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c3_inputs(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected 2 groups that divide inputs and outputs}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c4(%x: memref<6x8x4xf32>, %w: memref<3x3x4x10xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected filters of 10 outputs padded to whole panels, but got 'memref<3x3x4x10xf32>'}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x10xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c5(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x7x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected an output of the size that follows in dimension 1, but got 'memref<4x7x10xf32>'}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x7x10xf32>
  return
}

// -----

func.func @conv2d_c5_dilation(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected an output of the size that follows in dimension 0}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [274877906944, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c6(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %b: memref<16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected a bias of 10 elements, but got 'memref<16xf32>'}}
  kernel.conv2d %x, %w bias %b into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c7(%x: memref<4x8x16xf32>, %w: memref<1x1x16x16xf32>, %y: memref<4x8x16xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected an output that is no input}}
  kernel.conv2d %x, %w into %x stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 6 : memref<4x8x16xf32>, memref<1x1x16x16xf32>, memref<4x8x16xf32>
  return
}

// -----

func.func @conv2d_c8(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op attribute 'pixels' failed to satisfy constraint: 64-bit signless integer attribute from 1 to 64}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none pixels 65 : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c9(%x: memref<6x8x4xf32>, %w: memref<3x3x4x16xf32>, %r: memref<4x6x9xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected a residual of the output's shape, but got 'memref<4x6x9xf32>'}}
  kernel.conv2d %x, %w residual %r into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none : memref<6x8x4xf32>, memref<3x3x4x16xf32>, memref<4x6x9xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @pool2d_c1(%x: memref<6x8x4xf32>, %y: memref<3x4x5xf32>) {
  // expected-error @+1 {{'kernel.pool2d' op expected input and output of rank 3 and equal channels}}
  kernel.pool2d max %x into %y window [2, 2] stride [2, 2] padding [0, 0, 0, 0] dilation [1, 1] : memref<6x8x4xf32>, memref<3x4x5xf32>
  return
}

// -----

func.func @pool2d_c2(%x: memref<6x8x4xf32>, %y: memref<3x4x4xf32>) {
  // expected-error @+1 {{'kernel.pool2d' op expected two sizes, two strides, four paddings and two dilations, but got [2, 2], [2, 0], [0, 0, 0, 0] and [1, 1]}}
  kernel.pool2d max %x into %y window [2, 2] stride [2, 0] padding [0, 0, 0, 0] dilation [1, 1] : memref<6x8x4xf32>, memref<3x4x4xf32>
  return
}

// -----

func.func @pool2d_c3_before(%x: memref<6x8x4xf32>, %y: memref<3x4x4xf32>) {
  // expected-error @+1 {{'kernel.pool2d' op expected windows that meet the input in dimension 1, but got 'memref<3x4x4xf32>'}}
  kernel.pool2d max %x into %y window [2, 2] stride [2, 2] padding [0, 2, 0, 0] dilation [1, 1] : memref<6x8x4xf32>, memref<3x4x4xf32>
  return
}

// -----

func.func @pool2d_c3_behind(%x: memref<6x8x4xf32>, %y: memref<4x4x4xf32>) {
  // expected-error @+1 {{'kernel.pool2d' op expected windows that meet the input in dimension 0, but got 'memref<4x4x4xf32>'}}
  kernel.pool2d max %x into %y window [2, 2] stride [2, 2] padding [0, 0, 0, 0] dilation [1, 1] : memref<6x8x4xf32>, memref<4x4x4xf32>
  return
}

// -----

func.func @pool2d_c4(%x: memref<6x8x4xf32>) {
  // expected-error @+1 {{'kernel.pool2d' op expected an output that is no input}}
  kernel.pool2d max %x into %x window [1, 1] stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] : memref<6x8x4xf32>, memref<6x8x4xf32>
  return
}

// -----

func.func @conv2d_c10_groups(%x: memref<6x8x4xf32>, %w: memref<1x36x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected a window of two sizes and one group, but got [3, 3] and 2}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2 activation none window [3, 3] : memref<6x8x4xf32>, memref<1x36x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c10_panels(%x: memref<6x8x4xf32>, %w: memref<2x36x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected filters in panels of 10 outputs, but got 'memref<2x36x16xf32>'}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none window [3, 3] : memref<6x8x4xf32>, memref<2x36x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c10_depth(%x: memref<6x8x4xf32>, %w: memref<1x32x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected the weight in panels, Px36x16, but got 'memref<1x32x16xf32>'}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none window [3, 3] : memref<6x8x4xf32>, memref<1x32x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @conv2d_c11(%x: memref<4x6x8xf32>, %w: memref<3x3x4x16xf32>, %y: memref<4x6x10xf32>) {
  // expected-error @+1 {{'kernel.conv2d' op expected channels_first with a window only}}
  kernel.conv2d %x, %w into %y stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 1 activation none channels_first : memref<4x6x8xf32>, memref<3x3x4x16xf32>, memref<4x6x10xf32>
  return
}

// -----

func.func @resize2d_c1(%x: memref<6x8x4xf32>, %r: memref<3x3xf32>, %c: memref<4x3xf32>, %y: memref<3x4x5xf32>) {
  // expected-error @+1 {{'kernel.resize2d' op expected input and output of rank 3 and equal channels, but got 'memref<6x8x4xf32>' and 'memref<3x4x5xf32>'}}
  kernel.resize2d %x rows %r columns %c into %y : memref<6x8x4xf32>, memref<3x3xf32>, memref<4x3xf32>, memref<3x4x5xf32>
  return
}

// -----

func.func @resize2d_c2_rows(%x: memref<6x8x4xf32>, %r: memref<4x3xf32>, %c: memref<4x3xf32>, %y: memref<3x4x4xf32>) {
  // expected-error @+1 {{'kernel.resize2d' op expected the first of 1 to 6 neighbours and their factors for each of 3 rows, but got 'memref<4x3xf32>'}}
  kernel.resize2d %x rows %r columns %c into %y : memref<6x8x4xf32>, memref<4x3xf32>, memref<4x3xf32>, memref<3x4x4xf32>
  return
}

// -----

func.func @resize2d_c2_columns(%x: memref<6x8x4xf32>, %r: memref<3x3xf32>, %c: memref<4x10xf32>, %y: memref<3x4x4xf32>) {
  // expected-error @+1 {{'kernel.resize2d' op expected the first of 1 to 8 neighbours and their factors for each of 4 columns, but got 'memref<4x10xf32>'}}
  kernel.resize2d %x rows %r columns %c into %y : memref<6x8x4xf32>, memref<3x3xf32>, memref<4x10xf32>, memref<3x4x4xf32>
  return
}

// -----

func.func @resize2d_c2_none(%x: memref<6x8x4xf32>, %r: memref<3x1xf32>, %c: memref<4x3xf32>, %y: memref<3x4x4xf32>) {
  // expected-error @+1 {{'kernel.resize2d' op expected the first of 1 to 6 neighbours and their factors for each of 3 rows, but got 'memref<3x1xf32>'}}
  kernel.resize2d %x rows %r columns %c into %y : memref<6x8x4xf32>, memref<3x1xf32>, memref<4x3xf32>, memref<3x4x4xf32>
  return
}

// -----

func.func @resize2d_c3(%x: memref<6x8x4xf32>, %r: memref<6x3xf32>, %c: memref<8x3xf32>) {
  // expected-error @+1 {{'kernel.resize2d' op expected an output that is no input}}
  kernel.resize2d %x rows %r columns %c into %x : memref<6x8x4xf32>, memref<6x3xf32>, memref<8x3xf32>, memref<6x8x4xf32>
  return
}

// -----

func.func @windows_c1(%x: memref<4x8x3xf32>, %y: memref<6x8x3xf32>) {
  // expected-error @+1 {{'kernel.windows' op expected a map of [4, 8] and 6 windows of 9 pixels of the same channels, but got 'memref<4x8x3xf32>' and 'memref<6x8x3xf32>'}}
  kernel.windows %x into %y <map [4, 8] window [3, 3] shift [1, 2]> : memref<4x8x3xf32>, memref<6x8x3xf32>
  return
}

// -----

func.func @windows_c1_merges(%x: memref<4x8x3xf32>, %y: memref<6x9x3xf32>) {
  // expected-error @+1 {{'kernel.windows' op expected a map of [4, 8] and 6 windows of 9 pixels of the same channels, but got 'memref<4x8x3xf32>' and 'memref<6x9x3xf32>'}}
  kernel.windows %x into %y <map [4, 8] window [3, 3] shift [1, 2]> merges : memref<4x8x3xf32>, memref<6x9x3xf32>
  return
}

// -----

func.func @windows_c2(%x: memref<3x3x3xf32>) {
  // expected-error @+1 {{'kernel.windows' op expected an output that is no input}}
  kernel.windows %x into %x <map [3, 3] window [1, 3] shift [0, 0]> : memref<3x3x3xf32>, memref<3x3x3xf32>
  return
}

// -----

func.func @gather_c1_dim(%x: memref<6x4xf32>, %i: memref<3xi32>, %y: memref<3x4xf32>) {
  // expected-error @+1 {{'kernel.gather' op expected a dimension of the input, but got 2}}
  kernel.gather %x by %i dim 2 into %y rows_per_task 1 : memref<6x4xf32>, memref<3xi32>, memref<3x4xf32>
  return
}

// -----

func.func @gather_c1_output(%x: memref<6x4xf32>, %i: memref<3xi32>, %y: memref<4x4xf32>) {
  // expected-error @+1 {{'kernel.gather' op expected an output with the shape of the indices in place of dimension 0, but got 'memref<4x4xf32>'}}
  kernel.gather %x by %i dim 0 into %y rows_per_task 1 : memref<6x4xf32>, memref<3xi32>, memref<4x4xf32>
  return
}

// -----

func.func @gather_c2(%x: memref<6x4xf32>, %i: memref<3xui8>, %y: memref<3x4xf32>) {
  // expected-error @+1 {{'kernel.gather' op expected indices of i32 or i64 that lie behind each other, but got 'memref<3xui8>'}}
  kernel.gather %x by %i dim 0 into %y rows_per_task 1 : memref<6x4xf32>, memref<3xui8>, memref<3x4xf32>
  return
}

// -----

func.func @gather_c3(%x: memref<3x4xf32>, %i: memref<3xi32>) {
  // expected-error @+1 {{'kernel.gather' op}}
  kernel.gather %x by %i dim 0 into %x rows_per_task 1 : memref<3x4xf32>, memref<3xi32>, memref<3x4xf32>
  return
}

// -----

func.func @check_indices_c1(%i: memref<3xf32>) {
  %f = kernel.buffer : memref<2xi64>
  // expected-error @+1 {{'kernel.check_indices' op expected indices of i32 or i64 that lie behind each other, but got 'memref<3xf32>'}}
  kernel.check_indices %i into %f check <5, [3]> : memref<3xf32>, memref<2xi64>
  return
}

// -----

func.func @check_indices_c1_count(%i: memref<3xi32>) {
  %f = kernel.buffer : memref<2xi64>
  // expected-error @+1 {{'kernel.check_indices' op expected as many indices as #kernel.index_check<5, [2, 2]> has elements, but got 'memref<3xi32>'}}
  kernel.check_indices %i into %f check <5, [2, 2]> : memref<3xi32>, memref<2xi64>
  return
}

// -----

func.func @check_indices_c2(%i: memref<3xi32>, %f: memref<2xi64>) {
  // expected-error @+1 {{'kernel.check_indices' op expected a kernel.buffer of two i64 for what is found, but got 'memref<2xi64>'}}
  kernel.check_indices %i into %f check <5, [3]> : memref<3xi32>, memref<2xi64>
  return
}

// -----

func.func @check_indices_c2_type(%i: memref<3xi32>) {
  %f = kernel.buffer : memref<2xi32>
  // expected-error @+1 {{'kernel.check_indices' op expected a kernel.buffer of two i64 for what is found, but got 'memref<2xi32>'}}
  kernel.check_indices %i into %f check <5, [3]> : memref<3xi32>, memref<2xi32>
  return
}

// -----

// expected-error @+1 {{expected a shape of 1 to 1099511627776 elements}}
#empty = #kernel.index_check<5, [3, 0]>

// -----

// expected-error @+1 {{expected a shape of 1 to 1099511627776 elements}}
#huge = #kernel.index_check<5, [2097152, 2097152]>

// -----

// expected-error @+1 {{expected a dimension of 1 to 1099511627776, but got 0}}
#nothing = #kernel.index_check<0, [3]>

// -----

func.func private @look(index, memref<3xi32>, memref<2xi64>)
func.func @launch_c5(%i: memref<3xi32>) {
  %f = kernel.buffer : memref<2xi64>
  // expected-error @+1 {{'kernel.launch' op expected a check with one task, and with a kernel.buffer of two i64 as the last buffer}}
  kernel.launch "check_indices" @look(%i, %f) tasks 2 flops 0 check <5, [3]> : memref<3xi32>, memref<2xi64>
  return
}

// -----

func.func @resize2d_c4(%x: memref<6x8x4xf32>, %r: memref<3x3xf32>, %c: memref<4x3xf32>, %a: memref<3x4x5xf32>, %y: memref<3x4x4xf32>) {
  // expected-error @+1 {{'kernel.resize2d' op expected a residual of the output's shape, but got 'memref<3x4x5xf32>'}}
  kernel.resize2d %x rows %r columns %c residual %a into %y : memref<6x8x4xf32>, memref<3x3xf32>, memref<4x3xf32>, memref<3x4x5xf32>, memref<3x4x4xf32>
  return
}
