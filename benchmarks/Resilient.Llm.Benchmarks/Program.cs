using Resilient.Llm.Benchmarks;

// `dotnet run -c Release --project benchmarks/Resilient.Llm.Benchmarks [rounds] [suite]`, or `gate` for the check of .ci/run
if (args is ["gate"])
{
    return Gate.Run();
}

var rounds = args.Length > 0 && int.TryParse(args[0], out var asked) ? asked : 5;
Type[] suites = [typeof(PlainCall), typeof(StreamedCall), typeof(CacheHit), typeof(Failover), typeof(CircuitOpen), typeof(BoundByResidency)];
Console.WriteLine(InterleavedRun.Of(args.Length > 1 ? [.. suites.Where(suite => suite.Name == args[1])] : suites, rounds));
return 0;
