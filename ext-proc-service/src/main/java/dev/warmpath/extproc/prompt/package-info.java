/** Scans request bodies, without a tree, into segments of decoded prompt text. */
@NullMarked
package dev.warmpath.extproc.prompt;

import org.jspecify.annotations.NullMarked;
