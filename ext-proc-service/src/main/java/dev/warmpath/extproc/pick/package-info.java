/** Chooses endpoints: what each is believed to hold, what it has to do, and the rule. */
@NullMarked
package dev.warmpath.extproc.pick;

import org.jspecify.annotations.NullMarked;
