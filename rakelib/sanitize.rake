# frozen_string_literal: true

require "json"
require "rbconfig"

# The specs that do their work in their own process, run with a tool that watches the memory. The library is built for
# it in tmp/sanitize, and runs beside copies of lib/, spec/ and what these read: what is in lib/msgpack stays as it is.
class Sanitizer
  include Rake::DSL

  ROOT = File.expand_path("..", __dir__)
  LOG = File.join(ROOT, "spec/stress/runs/sanitize.jsonl")
  # Specs whose work is done in other processes. Those in the folders of spec/, but for stress/, are left out, too: they
  # read what is not copied, or run what is not this library.
  ELSEWHERE = %w[both_apis differential loading native_library python require_paths].freeze

  # @param name [String] "valgrind" or "address"
  # @param seed [String, nil] of the order of the examples
  def initialize(name, seed)
    abort "rake sanitize:#{name} is for Linux" unless RbConfig::CONFIG["host_os"].start_with?("linux")

    @name = name
    @seed = Integer(seed || Random.rand(65_536))
    @folder = File.join(ROOT, "tmp/sanitize", name)
    rm_rf @folder
    mkdir_p File.join(@folder, "tmp")
  end

  # @param rustflags [String] for the library alone: the programs that run while it is built have none
  # @param env [Hash{String => String}] more for cargo
  def build(rustflags, env = {})
    target = File.join(ROOT, "tmp/sanitize/target-#{@name}")
    sh({ "RUSTFLAGS" => rustflags, "CARGO_PROFILE_RELEASE_STRIP" => "none",
         "CARGO_PROFILE_RELEASE_DEBUG" => "line-tables-only", **env },
       "cargo", "rustc", "--release", "--lib", "--locked", "--quiet", "--package", "msgpack_ext",
       "--features", "panic-probe", "--target", host, "--target-dir", target)
    cp_r %w[exe ext lib spec .rspec].map { |file| File.join(ROOT, file) }, @folder
    rm_f Dir.glob(File.join(@folder, "lib/msgpack/**/*.so"))
    cp File.join(target, host, "release/libmsgpack_ext.so"), File.join(@folder, "lib/msgpack/msgpack_ext.so")
  end

  # The runtime of rustc's AddressSanitizer as a library that Ruby can be started with: rustc has it only for programs
  # that it links itself. Without the object that is about a program's start, which no library can have. Any name will
  # do but the usual one, which the runtime takes for a second runtime.
  #
  # @return [String] its path
  def runtime
    library = File.join(@folder, "address_runtime.so")
    archive = library.sub(".so", ".a")
    cp File.join(`rustc --print sysroot`.chomp, "lib/rustlib", host, "lib/librustc-stable_rt.asan.a"), archive
    sh "ar", "d", archive, "asan_preinit.cpp.o"
    sh "cc", "-shared", "-o", library, "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive",
       "-lpthread", "-ldl", "-lm", "-lrt", "-lresolv"
    library
  end

  # @return [String] what begins the name of each process's report
  def log
    File.join(@folder, "log")
  end

  # Runs the specs and adds a line to LOG.
  #
  # @param before [Array<String>] what stands before Ruby
  # @param env [Hash{String => String}]
  def run(*before, env: {})
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    command = [*before, File.realpath(Gem.ruby), "-S", "rspec", "--seed", @seed.to_s, "--tag", "~slow", "--format",
               "progress", "--format", "json", "--out", "report.json", *specs]
    passed = system({ "SANITIZER" => @name, **env }, *command, chdir: @folder)
    note(passed, Process.clock_gettime(Process::CLOCK_MONOTONIC) - started)
  end

  private

  # The triple that this toolchain builds for by itself.
  def host
    @host ||= `rustc -vV`[/^host: (.+)/, 1]
  end

  def specs
    files = Dir.glob("spec/{,stress/}*_spec.rb", base: @folder)
    files.reject { |file| ELSEWHERE.include?(File.basename(file, "_spec.rb")) }.sort
  end

  def note(passed, seconds)
    line = { target: @name, seed: @seed, executions: summary.fetch("example_count", 0), seconds: seconds.round,
             commit: `git -C #{ROOT} rev-parse --short=12 HEAD 2>#{File::NULL}`.strip, finding: finding(passed) }
    mkdir_p File.dirname(LOG)
    File.write(LOG, "#{JSON.generate(line)}\n", mode: "a")
    puts JSON.generate(line)
    abort "rake sanitize:#{@name}: #{line[:finding]} (see #{@folder})" unless line[:finding] == "none"
  end

  def summary
    report = File.join(@folder, "report.json")
    File.exist?(report) ? JSON.parse(File.read(report)).fetch("summary") : {}
  end

  def finding(passed)
    told = problems
    return "#{told.size} reports, the first: #{told.first}" if told.any?
    return "none" if passed

    summary.empty? ? "the process ended early" : "#{summary.fetch("failure_count")} examples failed"
  end

  # The first lines of what the tool has found, in whichever process.
  def problems
    Dir.glob("#{log}.*").flat_map { |file| reports(File.read(file)) }.map { |report| report.lines.first.strip }
  end

  def reports(text)
    return text.scan(/^.*(?:ERROR: AddressSanitizer|AddressSanitizer: CHECK failed).*$/) if @name == "address"

    text.gsub(/^==\d+== ?/, "").split(/\n\n/).reject { |report| report.strip.empty? || of_ruby?(report) }
  end

  # Once a Fiber has run, Ruby marks the main one's stack as it was then, which may have been deeper than it is now.
  def of_ruby?(report)
    report.include?("below stack pointer") && report !~ /msgpack_ext/
  end
end

namespace :sanitize do
  desc "Run the specs under valgrind (5 minutes; with a seed: rake \"sanitize:valgrind[7]\")"
  task :valgrind, [:seed] do |_, arguments|
    system("valgrind", "--version",
           out: File::NULL) or abort "valgrind is missing (on Debian: apt-get install valgrind)"
    sanitizer = Sanitizer.new("valgrind", arguments[:seed])
    sanitizer.build("")
    # Ruby looks at memory that nobody has written to when it searches the stack for objects.
    sanitizer.run("valgrind", "-q", "--undef-value-errors=no", "--max-stackframe=8400000", "--num-callers=40",
                  "--log-file=#{sanitizer.log}.%p")
  end

  desc "Run the specs with rustc's AddressSanitizer in the library (2 minutes)"
  task :address, [:seed] do |_, arguments|
    sanitizer = Sanitizer.new("address", arguments[:seed])
    # Not of the native stack: Ruby leaves frames by longjmps that the runtime does not see, and takes what they have
    # marked for bytes out of bounds. RUSTC_BOOTSTRAP lets a stable rustc take the flag.
    sanitizer.build("-Zsanitizer=address -Cllvm-args=-asan-stack=0", "RUSTC_BOOTSTRAP" => "1")
    # No leaks: Ruby frees little at its end. Objects on a stack that is not the real one the GC would not find. Signals
    # and their stack are Ruby's.
    options = { detect_leaks: 0, detect_stack_use_after_return: 0, handle_segv: 0, use_sigaltstack: 0, exitcode: 99,
                log_path: sanitizer.log }
    sanitizer.run(env: { "LD_PRELOAD" => sanitizer.runtime,
                         "ASAN_OPTIONS" => options.map { |pair| pair.join("=") }.join(":") })
  end
end
