using Resilient.Llm.Failures;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.LastResort;

/// <summary>The fixed settings of a <see cref="LastResortBuilder"/>.</summary>
internal sealed record LastResortSettings(
    IReadOnlyList<LastResortRule> Rules,
    FaqIndex Faq,
    IReadOnlyList<LastResortSource> Sources,
    Func<LastResortContext, LastResortText> Text,
    Action<string, Exception>? OnError,
    int MaxResults,
    TimeSpan RuleTimeout,
    TimeSpan SearchTimeout,
    string? LocalGeography,
    int RulesInCode)
{
    /// <summary>Where a search runs: in this process if it names no place. Null: undeclared, or it failed to say.</summary>
    public string? GeographyOf(LastResortSource source)
    {
        try
        {
            return source.Search.Geography ?? LocalGeography;
        }
        catch (Exception exception)
        {
            Report(source.Name, exception);
            return null;
        }
    }

    /// <summary>The result of foreign work within its limit; null where it fails, is late or the caller cancels.</summary>
    /// <remarks>Failures and late ends are reported. The result is read here too: a foreign list may throw while it is read.</remarks>
    public async Task<TResult?> TryAsync<TWork, TResult>(
        string step,
        Func<CancellationToken, Task<TWork>?> start,
        Func<TWork, TResult?> read,
        string ifLate,
        TimeSpan limit,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
        where TResult : class
    {
        try
        {
            if (await TimeLimited.RunAsync(start, limit, timeProvider, cancellationToken).ConfigureAwait(false) is { } ended)
            {
                return read(await ended.ConfigureAwait(false));
            }

            if (!cancellationToken.IsCancellationRequested)
            {
                Report(step, new TimeoutException(ifLate));
            }
        }
        catch (Exception exception)
        {
            Report(step, exception);
        }

        return null;
    }

    /// <summary>Reports an error to the application. The answer does not fail if its handler, foreign code, does.</summary>
    public void Report(string step, Exception exception) => ForeignCode.Run(OnError, onError => onError?.Invoke(step, exception));
}

/// <summary>A search with its name for error reports. Owned ones were created by a factory and are disposed with the client.</summary>
internal sealed record LastResortSource(ISearchSource Search, bool IsOwned)
{
    public string Name { get; } = $"search {Search.GetType().Name}";
}
