// A warning of the process (a leaking emitter, a deprecated call) fails the run, as an unhandled rejection does.
process.on('warning', (warning) => {
  throw warning;
});
