// A warning of the process (a leaking emitter, a deprecated call) fails the run, as an unhandled rejection does.
process.on('warning', (warning) => {
  throw warning;
});

// Commands that tests start have the colours of a pipe, whatever the program that runs the tests is told.
delete process.env['FORCE_COLOR'];
