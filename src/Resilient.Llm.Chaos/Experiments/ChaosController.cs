namespace Resilient.Llm.Chaos;

/// <summary>Starts and stops experiments while the application runs.</summary>
/// <remarks>Thread-safe. One for an application; every chaos point asks it at each call, which costs a read of one field while nothing runs.</remarks>
public sealed class ChaosController
{
    /// <summary>What is to be done to this call; null: nothing.</summary>
    internal ChaosInjection? Inject(in ChaosCall call) => throw new NotImplementedException();
}
