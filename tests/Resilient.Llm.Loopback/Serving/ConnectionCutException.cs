namespace Resilient.Llm.Loopback;

/// <summary>
/// Thrown inside a request whose script closes the connection. Kestrel answers an exception in a started response by sending what was
/// written and then a plain FIN without the end of the body, which is exactly a cut: an abort could lose what was written before it.
/// </summary>
internal sealed class ConnectionCutException : Exception;
