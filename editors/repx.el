;;; repx.el --- repx for Emacs -*- lexical-binding: t -*-

;; Emacs 29 or later brings eglot (for 28 it is on GNU ELPA); `nix-mode' is a package of its own.
;; Put this into init.el.

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((nix-mode nix-ts-mode) . ("repx" "lsp"))))
(add-hook 'nix-mode-hook #'eglot-ensure)
(add-hook 'nix-ts-mode-hook #'eglot-ensure)

;; One server for all files of a lab, also where no version control says what belongs together.
(defun repx-project (directory)
  "The lab that DIRECTORY belongs to, as a project."
  (let ((root (seq-some (lambda (name) (locate-dominating-file directory name))
                        '("flake.nix" "nix/lab.nix" "lab.nix"))))
    (and root (cons 'transient root))))
(add-hook 'project-find-functions #'repx-project 90)

;;; repx.el ends here
