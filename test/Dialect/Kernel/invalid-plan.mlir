// RUN: vitc-opt --split-input-file --verify-diagnostics %s

// Memory plans; a function for each constraint, named after it.

// A plan that is valid: %a and %c share memory, as %c is written when %a was read last.
func.func @valid(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}) attributes {kernel.arena_bytes = 512, kernel.scratch_bytes = 64} {
  %p = kernel.weight @weights::@p : memref<4x16xf32>
  %q = kernel.weight @weights::@q : memref<16xf32>
  %a = kernel.buffer at 0 : memref<4x16xf32>
  %b = kernel.buffer at 256 : memref<4x16xf32>
  %c = kernel.buffer at 0 : memref<4x16xf32>
  %s = kernel.scratch : memref<1x16xf32>
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %a weight %q bias %q into %b epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<16xf32>, memref<16xf32>, memref<4x16xf32>
  kernel.layer_norm %b into %c epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.launch "add" @add(%c, %p, %y, %s) tasks 1 flops 0 : memref<4x16xf32>, memref<4x16xf32>, memref<4x16xf32>, memref<1x16xf32>
  return
}
func.func private @add(index, memref<4x16xf32>, memref<4x16xf32>, memref<4x16xf32>, memref<1x16xf32>)
kernel.weights @weights bytes 320 {
  %w = vit.weight "w" : tensor<4x16xf32>
  %v = vit.weight "v" : tensor<16xf32>
  kernel.pack @p rows %w at 0 : tensor<4x16xf32> -> memref<4x16xf32>
  kernel.pack @q rows %v at 256 : tensor<16xf32> -> memref<16xf32>
}

// -----

// expected-error @+1 {{expected 'kernel.scratch_bytes' beside 'kernel.arena_bytes'}}
func.func @c1() attributes {kernel.arena_bytes = 64} {
  return
}

// -----

// expected-error @+1 {{expected 'kernel.arena_bytes' beside 'kernel.scratch_bytes'}}
func.func @c1_scratch() attributes {kernel.scratch_bytes = 0} {
  return
}

// -----

// expected-error @+1 {{expected 'kernel.arena_bytes' to be a multiple of 64 that is not negative, but got 32 : i64}}
func.func @c1_misaligned() attributes {kernel.arena_bytes = 32, kernel.scratch_bytes = 0} {
  return
}

// -----

// expected-error @+1 {{expected 'kernel.scratch_bytes' to be a multiple of 64 that is not negative, but got -64 : i64}}
func.func @c1_negative() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = -64} {
  return
}

// -----

// expected-error @+1 {{expected 'kernel.scratch_bytes' to be a multiple of 64 that is not negative, but got "0"}}
func.func @c1_type() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = "0"} {
  return
}

// -----

// expected-error @+1 {{expected 'kernel.arena_bytes' on a function of one block that returns nothing}}
func.func private @c1_declaration() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0}

// -----

// expected-error @+1 {{expected 'kernel.arena_bytes' on a function of one block that returns nothing}}
func.func @c1_blocks() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  cf.br ^bb1
^bb1:
  return
}

// -----

// expected-error @+1 {{expected 'kernel.arena_bytes' on a function of one block that returns nothing}}
func.func @c1_result(%x: memref<4xf32>) -> memref<4xf32> attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  return %x : memref<4xf32>
}

// -----

// expected-error @+1 {{expected 'kernel.arena_bytes' on a function of one block that returns nothing}}
module attributes {kernel.arena_bytes = 0} {}

// -----

func.func @c2(%y: memref<4xf32> {kernel.output}) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'memref.alloc' op is no op of a function with a memory plan}}
  %a = memref.alloc() : memref<4xf32>
  return
}

// -----

// A step in a loop would not be seen when the program is written.
func.func @c2_nested(%x: memref<4x8xf32>, %y: memref<4x8xf32> {kernel.output}) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'scf.execute_region' op is no op of a function with a memory plan}}
  scf.execute_region {
    kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 1 : memref<4x8xf32>, memref<4x8xf32>
    scf.yield
  }
  return
}

// -----

func.func @c2_operand(%y: memref<4x8xf32> {kernel.output}) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.launch' op expected operands that have a place in memory, but one is a result of 'memref.alloc'}}
  kernel.launch "copy" @copy(%a) tasks 1 flops 0 : memref<4x8xf32>
  %a = memref.alloc() : memref<4x8xf32>
  return
}

// -----

// expected-error @+1 {{expected argument 0 of a function with a memory plan to be a buffer without padding, but got 'memref<4x8xf32, strided<[16, 1]>>'}}
func.func @c3(%x: memref<4x8xf32, strided<[16, 1]>>) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  return
}

// -----

// expected-error @+1 {{expected argument 1 of a function with a memory plan to be a buffer without padding, but got 'index'}}
func.func @c3_type(%x: memref<4x8xf32>, %i: index) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  return
}

// -----

func.func @c3_input(%x: memref<4x8xf32>) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.layer_norm' op expected to write to no input, but argument 0 is not an output}}
  kernel.layer_norm %x into %x epsilon 0.5 rows_per_task 1 : memref<4x8xf32>, memref<4x8xf32>
  return
}

// -----

func.func @c4() attributes {kernel.arena_bytes = 256, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.buffer' op has no offset in a memory plan}}
  %a = kernel.buffer : memref<4x16xf32>
  return
}

// -----

func.func @c4_arena() attributes {kernel.arena_bytes = 256, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.buffer' op at 64 of 256 bytes ends beyond the arena of 256}}
  %a = kernel.buffer at 64 : memref<4x8xf32, strided<[16, 1]>>
  return
}

// -----

func.func @c4_overflow() attributes {kernel.arena_bytes = 256, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.buffer' op at 9223372036854775744 of 256 bytes ends beyond the arena of 256}}
  %a = kernel.buffer at 9223372036854775744 : memref<4x16xf32>
  return
}

// -----

// The misplaced buffer itself is what is wrong.
func.func @c4_negative() attributes {kernel.arena_bytes = 256, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.buffer' op attribute 'offset' failed to satisfy constraint}}
  %a = kernel.buffer at -64 : memref<4x16xf32>
  return
}

// -----

func.func @weights_c2() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  %a = kernel.weight @weights::@a : memref<4x16xf32>
  return
}
kernel.weights @weights bytes 256 {
  %w = vit.weight "w" : tensor<4x16xf32>
  // expected-error @+1 {{'kernel.pack' op has no offset in a memory plan}}
  kernel.pack @a rows %w : tensor<4x16xf32> -> memref<4x16xf32>
}

// -----

func.func @weights_c2_end() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  %a = kernel.weight @weights::@a : memref<4x16xf32>
  return
}
kernel.weights @weights bytes 192 {
  %w = vit.weight "w" : tensor<4x16xf32>
  // expected-error @+1 {{'kernel.pack' op at 0 of 256 bytes ends beyond the weights segment of 192}}
  kernel.pack @a rows %w at 0 : tensor<4x16xf32> -> memref<4x16xf32>
}

// -----

func.func @c5(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}) attributes {kernel.arena_bytes = 512, kernel.scratch_bytes = 0} {
  %a = kernel.buffer at 0 : memref<4x16xf32>
  // expected-error @+1 {{'kernel.buffer' op at 192 of 256 bytes overlaps the buffer at 0 of 256 bytes, which is used at the same time}}
  %b = kernel.buffer at 192 : memref<4x16xf32>
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %a into %b epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %b into %y epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  return
}

// -----

// A buffer that is read again later is alive between.
func.func @c5_later(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}) attributes {kernel.arena_bytes = 512, kernel.scratch_bytes = 0} {
  %a = kernel.buffer at 128 : memref<2x16xf32>
  // expected-error @+1 {{'kernel.buffer' op at 0 of 256 bytes overlaps the buffer at 128 of 128 bytes, which is used at the same time}}
  %b = kernel.buffer at 0 : memref<4x16xf32>
  kernel.layer_norm %a into %a epsilon 0.5 rows_per_task 4 : memref<2x16xf32>, memref<2x16xf32>
  kernel.layer_norm %x into %b epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %b into %y epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %a into %a epsilon 0.5 rows_per_task 4 : memref<2x16xf32>, memref<2x16xf32>
  return
}

// -----

func.func @weights_c3() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  %a = kernel.weight @weights::@a : memref<4x16xf32>
  %b = kernel.weight @weights::@b : memref<4x16xf32>
  return
}
kernel.weights @weights bytes 512 {
  %w = vit.weight "w" : tensor<4x16xf32>
  kernel.pack @a rows %w at 128 : tensor<4x16xf32> -> memref<4x16xf32>
  // expected-error @+1 {{'kernel.pack' op at 0 of 256 bytes overlaps the weight at 128 of 256 bytes}}
  kernel.pack @b rows %w at 0 : tensor<4x16xf32> -> memref<4x16xf32>
}

// -----

func.func @c7() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 64} {
  // expected-error @+1 {{'kernel.scratch' op of 128 bytes does not fit into 64 of scratch}}
  %a = kernel.scratch : memref<2x16xf32>
  return
}

// -----

// What does not hold of an op by itself is told of it, whatever the plan is.
func.func @op(%y: memref<4xf32> {kernel.output}) attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.buffer' op requires one result}}
  "kernel.buffer"() : () -> ()
  return
}

// -----

// expected-error @+1 {{'kernel.size' is not an attribute that the kernel dialect knows here}}
func.func private @unknown_attribute() attributes {kernel.size = 64}

// -----

// expected-error @+1 {{expected no attribute of the kernel dialect on an argument but 'kernel.output', but got 'kernel.input'}}
func.func private @argument_attribute(memref<4xf32> {kernel.input})

// -----

// expected-error @+1 {{'kernel.output' is not an attribute that the kernel dialect knows here}}
func.func private @result_attribute() -> (memref<4xf32> {kernel.output})

// -----

// expected-error @+1 {{expected 'kernel.target' to be a #kernel.target of a function, but got "znver3"}}
func.func @target_is_text() attributes {kernel.target = "znver3"} {
  return
}

// -----

func.func @target_of_another_op(%x: memref<4x16xf32>) {
  // expected-error @+1 {{expected 'kernel.target' to be a #kernel.target of a function, but got #kernel.target<"znver3", "">}}
  %a = kernel.buffer {kernel.target = #kernel.target<"znver3", "">} : memref<4x16xf32>
  return
}

// -----

func.func @c6() attributes {kernel.arena_bytes = 0, kernel.scratch_bytes = 0} {
  // expected-error @+1 {{'kernel.weight' op has no place in memory: kernel.weights has no bytes}}
  %a = kernel.weight @weights::@a : memref<4x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<4x16xf32>
  kernel.pack @a rows %w : tensor<4x16xf32> -> memref<4x16xf32>
}

// -----

kernel.weights @weights_c1 {
  // expected-error @+1 {{'arith.constant' op is no weight op and no kernel.pack, as kernel.weights consists of}}
  %w = arith.constant 1 : index
}

// -----

// expected-error @+1 {{'kernel.weights' op attribute 'bytes' failed to satisfy constraint}}
kernel.weights @weights_c4 bytes 63 {
}

// -----

kernel.weights @weights_c5 {
}
// expected-error @+1 {{'kernel.weights' op expected to be the only one of the module}}
kernel.weights @weights_c5_second {
}

// -----

func.func @weight_c1() {
  // expected-error @+1 {{'kernel.weight' op expected '@weights::@a' to be a kernel.pack}}
  %a = kernel.weight @weights::@a : memref<4x16xf32>
  return
}
kernel.weights @weights {
}

// -----

func.func @weight_c2() {
  // expected-error @+1 {{'kernel.weight' op expected the type of '@weights::@a', 'memref<4x16xf32>'}}
  %a = kernel.weight @weights::@a : memref<4x32xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<4x16xf32>
  kernel.pack @a rows %w : tensor<4x16xf32> -> memref<4x16xf32>
}
