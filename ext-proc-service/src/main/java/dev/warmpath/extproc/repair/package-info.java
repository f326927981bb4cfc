/** Changes prompts so that what should repeat does, where an operator has asked for it. */
@NullMarked
package dev.warmpath.extproc.repair;

import org.jspecify.annotations.NullMarked;
