/*===- fake_program.h - a hand-written model for tests of the runtime -*- C -*-===
 *
 * What the compiler would write, small enough to compute by hand. For an image x of 3 x 4 x 4 numbers:
 *   hidden[c][i] = x[c][i] * scale0[c] * scale1[c]
 *   logits[k]    = sum over all 48 numbers of hidden[j] * (k == j % 5)
 *===----------------------------------------------------------------------===*/

#ifndef VITC_TEST_RUNTIME_FAKE_PROGRAM_H
#define VITC_TEST_RUNTIME_FAKE_PROGRAM_H

enum { FAKE_CHANNELS = 3, FAKE_PIXELS = 16, FAKE_CLASSES = 5, FAKE_CHUNK = 2, FAKE_STEPS = 3 };

#endif /* VITC_TEST_RUNTIME_FAKE_PROGRAM_H */
