using Microsoft.Extensions.Hosting;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Probes;

/// <summary>Runs a ladder's active probes while the host runs.</summary>
/// <remarks>Not a <see cref="BackgroundService"/>, which would start on the thread pool: the start only arms a timer.</remarks>
/// <param name="probes">The probes; null where there are none.</param>
internal sealed class ChatProbeService(ChatProbes? probes) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _run = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _run = probes?.RunAsync(_stopping.Token) ?? Task.CompletedTask;

        // If the application also runs the probes itself, that mistake must stop the start.
        return _run.IsFaulted ? _run : Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        DetachedWork.Cancel(_stopping);
        return _run.WaitAsync(cancellationToken);
    }

    /// <summary>Also stops the probes if the host was never stopped or did not wait.</summary>
    public void Dispose() => DetachedWork.Cancel(_stopping);
}
