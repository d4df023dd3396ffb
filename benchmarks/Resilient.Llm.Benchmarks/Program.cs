using Resilient.Llm.Benchmarks;

// `dotnet run -c Release --project benchmarks/Resilient.Llm.Benchmarks [rounds]`
var rounds = args.Length > 0 && int.TryParse(args[0], out var asked) ? asked : 5;
Console.WriteLine(InterleavedRun.Of([typeof(PlainCall), typeof(StreamedCall), typeof(CacheHit)], rounds));
