/**
 * Why a prefix does not repeat: where prompts of one application part, and what stands there.
 *
 * <p>No text is kept: of a prompt, its {@link dev.warmpath.extproc.volatility.Outline} remains,
 * seeded hashes of its words with their lengths and classes of characters. What stands at a place
 * is read while the prompt that has it is at hand.
 */
@NullMarked
package dev.warmpath.extproc.volatility;

import org.jspecify.annotations.NullMarked;
