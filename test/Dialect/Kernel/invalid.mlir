// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Attributes, buffers, weights and launch; a function for each constraint, named after it.

// expected-error @+1 {{expected at least one tile of at least one row, and no negative number}}
func.func private @rows_c1() attributes {rows = #kernel.rows<0 x 3 + 0 x 0>}

// -----

// expected-error @+1 {{expected at least one tile of at least one row, and no negative number}}
func.func private @rows_c1_negative() attributes {rows = #kernel.rows<2 x 3 + -1 x 2>}

// -----

// expected-error @+1 {{expected the number and the rows of the remaining tiles to be both zero or both positive}}
func.func private @rows_c1_rest() attributes {rows = #kernel.rows<2 x 3 + 1 x 0>}

// -----

// expected-error @+1 {{expected tiles of at most 64 rows, but got 65}}
func.func private @rows_c2() attributes {rows = #kernel.rows<2 x 3 + 1 x 65>}

// -----

// expected-error @+1 {{expected at most 1099511627776 tiles}}
func.func private @rows_c2_tiles() attributes {rows = #kernel.rows<1 x 1 + 9223372036854775807 x 1>}

// -----

func.func @buffer_type_element() {
  // expected-error @+1 {{'kernel.buffer' op result #0 must be row-major memref of f32, bf16, i1, ui8, i32 or i64 with sizes of at least 1, nothing but its rows padded, of at most 1 TiB, but got 'memref<4x16xf64>'}}
  %0 = kernel.buffer : memref<4x16xf64>
  return
}

// -----

func.func @buffer_type_dynamic() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<?x16xf32>'}}
  %0 = kernel.buffer : memref<?x16xf32>
  return
}

// -----

func.func @buffer_type_empty() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4x0xf32>'}}
  %0 = kernel.buffer : memref<4x0xf32>
  return
}

// -----

func.func @buffer_type_large() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<1048576x262145xf32>'}}
  %0 = kernel.buffer : memref<1048576x262145xf32>
  return
}

// -----

func.func @buffer_type_overflow() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4294967296x4294967296x4xf32>'}}
  %0 = kernel.buffer : memref<4294967296x4294967296x4xf32>
  return
}

// -----

func.func @buffer_type_memory_space() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4x16xf32, 1>'}}
  %0 = kernel.buffer : memref<4x16xf32, 1>
  return
}

// -----

func.func @buffer_type_last_stride() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4x16xf32, strided<[32, 2]>>'}}
  %0 = kernel.buffer : memref<4x16xf32, strided<[32, 2]>>
  return
}

// -----

func.func @buffer_type_narrow_rows() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4x16xf32, strided<[8, 1]>>'}}
  %0 = kernel.buffer : memref<4x16xf32, strided<[8, 1]>>
  return
}

// -----

// Only rows are padded: all of them lie at one distance.
func.func @buffer_type_planes() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<2x4x16xf32, strided<[80, 16, 1]>>'}}
  %0 = kernel.buffer : memref<2x4x16xf32, strided<[80, 16, 1]>>
  return
}

// -----

func.func @buffer_type_offset() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4x16xf32, strided<[16, 1], offset: 4>>'}}
  %0 = kernel.buffer : memref<4x16xf32, strided<[16, 1], offset: 4>>
  return
}

// -----

func.func @buffer_type_dynamic_stride() {
  // expected-error-re @+1 {{must be row-major memref of f32, bf16, i1, ui8, i32 or i64 {{.*}} but got 'memref<4x16xf32, strided<[?, 1]>>'}}
  %0 = kernel.buffer : memref<4x16xf32, strided<[?, 1]>>
  return
}

// -----

func.func @buffer_type_map() {
  // expected-error @+1 {{must be row-major memref of f32}}
  %0 = kernel.buffer : memref<4x16xf32, affine_map<(d0, d1) -> (d1, d0)>>
  return
}

// -----

func.func @scratch_type() {
  // expected-error-re @+1 {{'kernel.scratch' op result #0 must be row-major memref of f32 {{.*}} but got 'memref<4x?xf32>'}}
  %0 = kernel.scratch : memref<4x?xf32>
  return
}

// -----

func.func @buffer_c1() {
  // expected-error @+1 {{'kernel.buffer' op attribute 'offset' failed to satisfy constraint: 64-bit signless integer attribute whose value is a multiple of 64 and not negative}}
  %0 = kernel.buffer at 32 : memref<4x16xf32>
  return
}

// -----

func.func @buffer_c1_negative() {
  // expected-error @+1 {{attribute 'offset' failed to satisfy constraint: 64-bit signless integer attribute whose value is a multiple of 64 and not negative}}
  %0 = kernel.buffer at -64 : memref<4x16xf32>
  return
}

// -----

kernel.weights @weights {
  %v = vit.weight "w" : tensor<4x6xf32>
  %w = vit.layer_norm %v {epsilon = 0.5 : f64} : (tensor<4x6xf32>) -> tensor<4x6xf32>
  // expected-error @+1 {{'kernel.pack' op expected the result of a weight op}}
  kernel.pack @p0 rows %w : tensor<4x6xf32> -> memref<4x16xf32>
}

// -----

func.func @pack_c2() {
  %0 = kernel.weight @weights::@p0 : memref<4x5xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<4x6xf32>
  // expected-error @+1 {{expected the tensor's shape with its last dimension padded, but got 'memref<4x5xf32>'}}
  kernel.pack @p0 rows %w : tensor<4x6xf32> -> memref<4x5xf32>
}

// -----

func.func @pack_c2_rank() {
  %0 = kernel.weight @weights::@p0 : memref<f32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<f32>
  // expected-error @+1 {{expected the tensor's shape with its last dimension padded, but got 'memref<f32>'}}
  kernel.pack @p0 rows %w : tensor<f32> -> memref<f32>
}

// -----

func.func @pack_c2_group() {
  %0 = kernel.weight @weights::@p0 : memref<4x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<4x6xf32>
  // expected-error @+1 {{expected no group with layout rows}}
  kernel.pack @p0 rows %w group 2 : tensor<4x6xf32> -> memref<4x16xf32>
}

// -----

func.func @pack_c3() {
  %0 = kernel.weight @weights::@p0 : memref<2x6x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected a matrix and a group that divides its rows, but got 'tensor<20x6xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w group 3 : tensor<20x6xf32> -> memref<2x6x16xf32>
}

// -----

func.func @pack_c3_negative() {
  %0 = kernel.weight @weights::@p0 : memref<2x6x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected a matrix and a group that divides its rows, but got 'tensor<20x6xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w group -10 : tensor<20x6xf32> -> memref<2x6x16xf32>
}

// -----

func.func @pack_c3_no_group() {
  %0 = kernel.weight @weights::@p0 : memref<2x6x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected a matrix and a group that divides its rows, but got 'tensor<20x6xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w : tensor<20x6xf32> -> memref<2x6x16xf32>
}

// -----

func.func @pack_c3_rank() {
  %0 = kernel.weight @weights::@p0 : memref<2x1x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20xf32>
  // expected-error @+1 {{expected a matrix and a group that divides its rows, but got 'tensor<20xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w group 20 : tensor<20xf32> -> memref<2x1x16xf32>
}

// -----

// Each group of ten rows takes a panel of its own.
func.func @pack_c4() {
  %0 = kernel.weight @weights::@p0 : memref<1x6x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected 2 panels of depth 6, 'memref<2x6x16xf32>', but got 'memref<1x6x16xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w group 10 : tensor<20x6xf32> -> memref<1x6x16xf32>
}

// -----

kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected panels of 16 columns, but got 8}}
  kernel.pack @p0 panels<8 x f32 interleave 1> %w group 20 : tensor<20x6xf32> -> memref<3x6x8xf32>
}

// -----

kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected panels of f32, bf16 or i8, but got 'f16'}}
  kernel.pack @p0 panels<16 x f16 interleave 2> %w group 20 : tensor<20x6xf32> -> memref<2x3x16x2xf32>
}

// -----

kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected an interleave of 1, 2 or 4, but got 3}}
  kernel.pack @p0 panels<16 x f32 interleave 3> %w group 20 : tensor<20x6xf32> -> memref<2x2x16x3xf32>
}

// -----

// Depth 6 takes two groups of 4.
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected 2 panels of depth 6, 'memref<2x2x16x4xf32>', but got 'memref<2x6x16xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 4> %w group 20 : tensor<20x6xf32> -> memref<2x6x16xf32>
}

// -----

func.func @pack_c4_width() {
  %0 = kernel.weight @weights::@p0 : memref<2x6x8xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected 2 panels of depth 6, 'memref<2x6x16xf32>', but got 'memref<2x6x8xf32>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w group 10 : tensor<20x6xf32> -> memref<2x6x8xf32>
}

// -----

func.func @pack_c4_padding() {
  %0 = kernel.weight @weights::@p0 : memref<2x6x16xf32, strided<[192, 32, 1]>>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x6xf32>
  // expected-error @+1 {{expected 2 panels of depth 6, 'memref<2x6x16xf32>', but got 'memref<2x6x16xf32, strided<[192, 32, 1]>>'}}
  kernel.pack @p0 panels<16 x f32 interleave 1> %w group 10 : tensor<20x6xf32> -> memref<2x6x16xf32, strided<[192, 32, 1]>>
}

// -----

func.func @pack_c5() {
  %0 = kernel.weight @weights::@p0 : memref<4x6xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<4x6xf32>
  // expected-error @+1 {{'kernel.pack' op attribute 'offset' failed to satisfy constraint: 64-bit signless integer attribute whose value is a multiple of 64 and not negative}}
  kernel.pack @p0 rows %w at 8 : tensor<4x6xf32> -> memref<4x6xf32>
}

// -----

func.func @step_c1_many(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{'kernel.map' op expected 1 to 16 buffers, but got 17}}
  kernel.map "sum" (%x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x) into %y shape [4] tile [4] accesses [
    #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>,
    #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>,
    #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>, #kernel.access<0 + [1]>,
    #kernel.access<0 + [1]>, #kernel.access<0 + [1]>]
    : memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>,
      memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32> {
  ^bb0(%0: f32, %1: f32, %2: f32, %3: f32, %4: f32, %5: f32, %6: f32, %7: f32, %8: f32, %9: f32, %10: f32, %11: f32, %12: f32, %13: f32, %14: f32, %15: f32):
    kernel.yield %0 : f32
  }
  return
}

// -----

func.func @step_c2(%x: memref<4x8xf32>) {
  %y = kernel.weight @weights::@y : memref<4x8xf32>
  // expected-error @+1 {{'kernel.layer_norm' op expected to write to no weight}}
  kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 1 : memref<4x8xf32>, memref<4x8xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<4x8xf32>
  kernel.pack @y rows %w : tensor<4x8xf32> -> memref<4x8xf32>
}

// -----

func.func @step_c3(%x: memref<4x8xf32>) {
  %y = kernel.scratch : memref<4x8xf32>
  // expected-error @+1 {{'kernel.layer_norm' op expected no scratch but the scores of attention}}
  kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 1 : memref<4x8xf32>, memref<4x8xf32>
  return
}

// -----

// expected-error @+1 {{expected an offset and strides from 0 to 274877906944}}
func.func private @access_c1() attributes {access = #kernel.access<-1 + [1]>}

// -----

// expected-error @+1 {{expected an offset and strides from 0 to 274877906944}}
func.func private @access_c1_stride() attributes {access = #kernel.access<0 + [1, 274877906945]>}

// -----

func.func @launch_c1(%x: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.launch' op expected @none to be a function of the module}}
  kernel.launch "copy" @none(%x) tasks 1 flops 0 : memref<4x8xf32>
  return
}

// -----

func.func private @copy(index, memref<4x8xf32>, memref<4x8xf32>)
func.func @launch_c1_count(%x: memref<4x8xf32>) {
  // expected-error @+1 {{expected @copy to be of type '(index, memref<4x8xf32>) -> ()', but it is '(index, memref<4x8xf32>, memref<4x8xf32>) -> ()'}}
  kernel.launch "copy" @copy(%x) tasks 1 flops 0 : memref<4x8xf32>
  return
}

// -----

func.func private @copy(index, memref<4x9xf32>) -> index
func.func @launch_c1_types(%x: memref<4x8xf32>) {
  // expected-error @+1 {{expected @copy to be of type '(index, memref<4x8xf32>) -> ()', but it is '(index, memref<4x9xf32>) -> index'}}
  kernel.launch "copy" @copy(%x) tasks 1 flops 0 : memref<4x8xf32>
  return
}

// -----

func.func @launch_c2(%x: memref<4xf32>) {
  // expected-error @+1 {{'kernel.launch' op expected at most 16 buffers, but got 17}}
  kernel.launch "concat" @concat(%x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x, %x) tasks 1 flops 0
    : memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>
  return
}

// -----

func.func @launch_c2_scratch() {
  %a = kernel.scratch : memref<4xf32>
  %b = kernel.scratch : memref<5xf32>
  // expected-error @+1 {{'kernel.launch' op expected at most one scratch buffer}}
  kernel.launch "copy" @copy(%a, %b) tasks 1 flops 0 : memref<4xf32>, memref<5xf32>
  return
}

// -----

func.func @launch_c3(%x: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.launch' op attribute 'tasks' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  kernel.launch "copy" @copy(%x) tasks 0 flops 0 : memref<4x8xf32>
  return
}

// -----

func.func @launch_c4(%x: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.launch' op attribute 'kind' failed to satisfy constraint: string attribute of letters, digits and underscores}}
  kernel.launch "" @copy(%x) tasks 1 flops 0 : memref<4x8xf32>
  return
}

// -----

func.func @launch_c4_flops(%x: memref<4x8xf32>) {
  // expected-error @+1 {{'kernel.launch' op attribute 'flops' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  kernel.launch "copy" @copy(%x) tasks 1 flops -1 : memref<4x8xf32>
  return
}

// -----

func.func @view_c1(%x: memref<8x16xf32>) {
  %a = kernel.view %x at 64 : memref<8x16xf32> -> memref<4x16xf32>
  // expected-error @+1 {{'kernel.view' op expected a buffer that is no view and no scratch}}
  %b = kernel.view %a at 64 : memref<4x16xf32> -> memref<1x16xf32>
  return
}

// -----

func.func @view_c1_scratch() {
  %s = kernel.scratch : memref<8x16xf32>
  // expected-error @+1 {{'kernel.view' op expected a buffer that is no view and no scratch}}
  %b = kernel.view %s at 64 : memref<8x16xf32> -> memref<1x16xf32>
  return
}

// -----

func.func @view_c2(%x: memref<8x16xf32>) {
  // expected-error @+1 {{'kernel.view' op expected the buffer's element type, 'f32', but got 'memref<4x16xi32>'}}
  %a = kernel.view %x at 64 : memref<8x16xf32> -> memref<4x16xi32>
  return
}

// -----

func.func @view_c3(%x: memref<8x16xf32>) {
  // expected-error @+1 {{'kernel.view' op at 320 of 256 bytes ends beyond the buffer's 512}}
  %a = kernel.view %x at 320 : memref<8x16xf32> -> memref<4x16xf32>
  return
}

// -----

func.func @view_c4(%x: memref<8x16xf32>) {
  // expected-error @+1 {{'kernel.view' op attribute 'offset' failed to satisfy constraint: 64-bit signless integer attribute whose value is a multiple of 64 and not negative}}
  %a = kernel.view %x at 4 : memref<8x16xf32> -> memref<4x16xf32>
  return
}

// -----

func.func @step_c2_view(%x: memref<4x16xf32>, %y: memref<8x16xf32>) {
  %a = kernel.view %y at 64 : memref<8x16xf32> -> memref<4x16xf32>
  // expected-error @+1 {{'kernel.layer_norm' op expected to write to no view}}
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 2 : memref<4x16xf32>, memref<4x16xf32>
  return
}

// -----

// Another task reads what one has written.
func.func @step_c2_viewed(%y: memref<4x16xf32>) {
  %a = kernel.view %y at 0 : memref<4x16xf32> -> memref<2x2x16xf32>
  %b = kernel.view %y at 0 : memref<4x16xf32> -> memref<4x16xf32>
  // expected-error @+1 {{'kernel.layer_norm' op expected to write to no buffer of which it reads a view}}
  kernel.layer_norm %b into %y epsilon 0.5 rows_per_task 2 : memref<4x16xf32>, memref<4x16xf32>
  return
}
