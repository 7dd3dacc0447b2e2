# frozen_string_literal: true

require_relative "../lib/msgpack/version"

package = "pkg/msgpack-ext-#{MessagePack::VERSION}.gem"

desc "Build #{package}"
task :gem do
  mkdir_p File.dirname(package)
  sh Gem.ruby, "-S", "gem", "build", "msgpack-ext.gemspec", "--output", package
end

namespace :gem do
  desc "Build the gem with all crates in it, pkg/vendored/#{File.basename(package)}: it installs without a registry"
  task :vendored do
    require_relative "vendored_gem"
    VendoredGem.new.build("pkg/vendored/#{File.basename(package)}")
  end

  desc "Build the gem and install it"
  task install: :gem do
    sh Gem.ruby, "-S", "gem", "install", "--local", "./#{package}"
  end
end
