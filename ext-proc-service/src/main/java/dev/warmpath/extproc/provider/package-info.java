/** The catalogue: what models at provider APIs cache, and what it costs. */
@NullMarked
package dev.warmpath.extproc.provider;

import org.jspecify.annotations.NullMarked;
