/** The ext_proc service: {@code dev.warmpath.extproc.ExtProcMain} wires the packages below it. */
@NullMarked
package dev.warmpath.extproc;

import org.jspecify.annotations.NullMarked;
