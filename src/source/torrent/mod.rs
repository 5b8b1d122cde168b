//! The swarm as a source. The only room that names librqbit.
