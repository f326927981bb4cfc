/** The ext_proc wire: one state machine per exchange, the plans they own, and overload. */
@NullMarked
package dev.warmpath.extproc.exchange;

import org.jspecify.annotations.NullMarked;
