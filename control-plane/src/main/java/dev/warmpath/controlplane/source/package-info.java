/** Where pools and their endpoints come from. */
@NullMarked
package dev.warmpath.controlplane.source;

import org.jspecify.annotations.NullMarked;
