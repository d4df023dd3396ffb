using Microsoft.Extensions.Hosting;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Probes;

/// <summary>Runs a ladder's active probes for as long as the host runs.</summary>
/// <remarks>By hand and not as a <see cref="BackgroundService"/>, which would set out on the thread pool: there is nothing to do at the start but to arm a timer.</remarks>
/// <param name="probes">The probes; null where there are none.</param>
internal sealed class ChatProbeService(ChatProbes? probes) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _run = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _run = probes?.RunAsync(_stopping.Token) ?? Task.CompletedTask;

        // The application runs them by hand as well: the mistake is to stop the start.
        return _run.IsFaulted ? _run : Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        DetachedWork.Cancel(_stopping);
        return _run.WaitAsync(cancellationToken);
    }

    /// <summary>Also where the host was never stopped, or did not wait for it.</summary>
    public void Dispose() => DetachedWork.Cancel(_stopping);
}
