namespace GameDay.Replay;

/// <summary>Shows how far a replay is: on a terminal a line that changes, elsewhere a line for each tenth.</summary>
internal sealed class ReplayProgress
{
    private int _tenths;

    /// <summary>Not thread-safe: one after the other.</summary>
    public void Report(double part)
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write(FormattableString.Invariant($"\r{part:P1} simulated "));
        }
        else if ((int)(part * 10) > _tenths)
        {
            _tenths = (int)(part * 10);
            Console.Error.WriteLine(FormattableString.Invariant($"{_tenths * 10} % simulated"));
        }
    }
}
