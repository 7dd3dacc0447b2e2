# frozen_string_literal: true

require "rbconfig"
require_relative "toolchain"

# The Makefile for machines without the rb_sys gem: all, install and clean around `cargo rustc`, with the variables that
# RubyGems, rake-compiler and packagers set (DESTDIR, sitearchdir, target_prefix).
class CargoMakefile
  # @param target [String] "folder/name" of the library, as for mkmf's create_makefile; name is the crate's too
  # @param features [Array<String>] cargo features
  # @param shared_target [String, nil] cargo's target folder when others use it too; without it "target" here
  # @param gem_install [Boolean] whether to leave nothing behind after `make install`
  def initialize(target, features:, shared_target:, gem_install:)
    folder, @name = File.split(target)
    @prefix = folder == "." ? "" : "/#{folder}"
    @features = features
    @shared_target = shared_target
    @gem_install = gem_install
  end

  def write(path = "Makefile")
    abort "msgpack-ext: building on Windows needs the rb_sys gem (gem install rb_sys)." if Gem.win_platform?

    File.write(path, "#{variables}\n#{rules}")
  end

  private

  # FORCE: cargo knows better than make what has changed. Copies go through a rename: writing into a library that some
  # process has loaded would crash it.
  def rules
    <<~MAKE
      all: $(DLLIB)

      $(DLLIB): FORCE
      \t@echo "$(CARGO) rustc $(CARGO_ARGS)"
      \t@#{environment}$(CARGO) rustc --manifest-path "$(srcdir)/Cargo.toml" --target-dir "$(TARGET_DIR)" \\
      \t\t$(CARGO_ARGS) || { echo "$(HINT)" >&2; exit 1; }
      \t@cp "$(TARGET_DIR)/$(CARGO_BUILD_TARGET)/release/$(CARGO_LIB)" $(DLLIB).new
      \t@mv -f $(DLLIB).new $(DLLIB)

      install: $(DLLIB)
      \t@echo "installing $(DLLIB) to $(RUBYARCHDIR)"
      \t@mkdir -p "$(RUBYARCHDIR)"
      \t@cp $(DLLIB) "$(RUBYARCHDIR)/$(DLLIB).new"
      \t@chmod 755 "$(RUBYARCHDIR)/$(DLLIB).new"
      \t@mv -f "$(RUBYARCHDIR)/$(DLLIB).new" "$(RUBYARCHDIR)/$(DLLIB)"
      #{"\trm -rf $(CLEANUP)" if @gem_install}

      clean:
      \trm -rf $(CLEANUP)

      FORCE:

      .PHONY: all install clean FORCE
    MAKE
  end

  def variables
    values.map { |name, value| "#{name} #{name == "CARGO" ? "?=" : "="} #{value}\n" }.join
  end

  def values
    {
      "SHELL" => "/bin/sh",
      "srcdir" => literal(__dir__),
      "DESTDIR" => "",
      "sitearchdir" => literal(RbConfig::CONFIG.fetch("sitearchdir")),
      "target_prefix" => @prefix,
      "RUBYARCHDIR" => "$(DESTDIR)$(sitearchdir)$(target_prefix)",
      "CARGO" => "cargo",
      "CARGO_ARGS" => ["--release --lib --locked", *features, "--", *link_args].join(" "),
      "TARGET_DIR" => @shared_target ? literal(File.expand_path(@shared_target)) : "target",
      "CARGO_LIB" => "lib#{@name}.#{RbConfig::CONFIG["SOEXT"]}",
      "DLLIB" => "#{@name}.#{RbConfig::CONFIG["DLEXT"]}",
      "CLEANUP" => @shared_target ? "$(DLLIB)" : "$(DLLIB) target",
      "HINT" => hint
    }
  end

  def features
    @features.empty? ? [] : ["--features", @features.join(",")]
  end

  # On macOS the symbols of Ruby are those of the process that loads the library.
  def link_args
    RbConfig::CONFIG["target_os"].include?("darwin") ? ["-C", "link-arg=-Wl,-undefined,dynamic_lookup"] : []
  end

  # rb-sys asks the `ruby` on the PATH, or the one that RUBY names. It is named only where they differ, for a change of
  # that variable makes cargo build half of the crates anew, and plain `cargo` runs without it.
  def environment
    on_path = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).map { |folder| File.join(folder, "ruby") }
    first = on_path.find { |path| File.executable?(path) }
    return "" if first && File.realpath(first) == File.realpath(RbConfig.ruby)

    %(RUBY="#{literal(RbConfig.ruby)}" )
  end

  # Stands in double quotes of the shell.
  def hint
    Toolchain.libclang_advice("msgpack-ext: cargo failed. Where it says 'Unable to find libclang' or 'stdarg.h file " \
                              "not found'").delete('"`$')
  end

  def literal(path)
    path.gsub("$", "$$")
  end
end
